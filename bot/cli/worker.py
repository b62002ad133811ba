"""`kurage worker`: vLLM's server with one of our models, on a machine that has a GPU."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.console import err, fail, say

HELP = say(
    """Start vLLM's own server with the right flags, on a machine that has it.

    [bold]kurage[/bold] writes the answers, [bold]bge-m3[/bold] encodes texts. The
    process becomes vLLM: what ends it ends the server. Flags behind [bold]--[/bold]
    go to vLLM as they are. A key in KURAGE_GENERATOR_API_KEY is asked of who calls.

    [bold]Examples[/bold]

    kurage worker kurage

    kurage worker kurage --tensor-parallel 2 -- --kv-cache-dtype fp8

    kurage worker bge-m3 --print
    """,
    """vLLMのサーバーを、モデルに合ったオプションで起動します。

    回答を書くのが [bold]kurage[/bold]、文章をベクトルにするのが [bold]bge-m3[/bold] です。
    プロセスはvLLMに置き換わるので、止めればサーバーも止まります。[bold]--[/bold] の
    後ろはそのままvLLMに渡します。KURAGE_GENERATOR_API_KEY があれば、呼び出す側に
    そのキーを求めます。

    [bold]例[/bold]

    kurage worker kurage

    kurage worker kurage --tensor-parallel 2 -- --kv-cache-dtype fp8

    kurage worker bge-m3 --print
    """,
)


class Which(StrEnum):
    """The workers, as typer wants a choice; `bot.worker` has their recipes."""

    kurage = "kurage"
    bge_m3 = "bge-m3"


def command(
    which: Annotated[
        Which,
        typer.Argument(
            metavar="MODEL",
            help=say("kurage or bge-m3.", "kurage か bge-m3"),
            show_default=False,
        ),
    ],
    more: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FLAG",
            help=say(
                "Further flags of vLLM, behind --.", "vLLMに渡すその他のオプション（-- の後ろ）"
            ),
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help=say(
                "Another model of Hugging Face, or a folder.",
                "別のモデル（Hugging Faceの名前かフォルダー）",
            ),
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help=say("The address to listen at.", "待ち受けるアドレス"),
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=1,
            max=65535,
            help=say("Default: 8000, and 8001 for bge-m3.", "既定は8000、bge-m3は8001"),
            show_default=False,
        ),
    ] = None,
    gpu_memory: Annotated[
        float | None,
        typer.Option(
            "--gpu-memory",
            metavar="SHARE",
            min=0.01,
            max=1,
            help=say(
                "Share of the GPU's memory. Default: 0.9, and 0.15 for bge-m3.",
                "使うGPUメモリーの割合。既定は0.9、bge-m3は0.15",
            ),
            show_default=False,
        ),
    ] = None,
    max_model_len: Annotated[
        int | None,
        typer.Option(
            "--max-model-len",
            metavar="TOKENS",
            min=256,
            help=say(
                "Of one request, its answer included. Default: 8192.",
                "1回のやりとりのトークン数（回答を含む）。既定は8192",
            ),
            show_default=False,
        ),
    ] = None,
    tensor_parallel: Annotated[
        int,
        typer.Option(
            "--tensor-parallel",
            metavar="GPUS",
            min=1,
            help=say("Split the model among so many GPUs.", "モデルを分けて載せるGPUの枚数"),
        ),
    ] = 1,
    print_: Annotated[
        bool,
        typer.Option(
            "--print",
            help=say(
                "Only show the command line.",
                "起動せず、コマンドラインだけを表示します。",
            ),
        ),
    ] = False,
) -> None:
    """Become vLLM."""
    import os
    import shlex

    from bot import settings, worker

    key = settings.load().generator_api_key if which is Which.kurage else None
    vllm = worker.find()
    if vllm is None:
        fail(
            say(
                f"vLLM is not installed here; with an NVIDIA GPU: {worker.INSTALL}",
                f"vLLMがありません。NVIDIAのGPUがあれば {worker.INSTALL} で入ります",
            )
        )
    wanted = worker.Wanted(
        model=model,
        host=host,
        port=port,
        gpu_memory=gpu_memory,
        max_model_len=max_model_len,
        tensor_parallel=tensor_parallel,
        more=tuple(more or ()),
    )
    line = vllm.command(which.value, wanted)
    if not key and not worker.is_private(host):
        _warn(which)
    if print_:
        typer.echo(shlex.join(line))
        return
    environ = worker.environment(os.environ.items(), key.get_secret_value() if key else None)
    # Signals, exit code and memory are then the server's own: nothing of ours stays in between.
    os.execvpe(line[0], line, environ)  # noqa: S606 - without a shell, which is the point


def _warn(which: Which) -> None:
    if which is Which.kurage:
        text = say(
            "Whoever reaches this address can use the model; set KURAGE_GENERATOR_API_KEY.",
            "このアドレスに届く人は誰でもモデルを使えます。"
            "KURAGE_GENERATOR_API_KEY を設定してください。",
        )
    else:
        text = say(
            "Whoever reaches this address can use the model; keep it within a private network.",
            "このアドレスに届く人は誰でもモデルを使えます。閉じたネットワークに置いてください。",
        )
    err().print(text, markup=False)
