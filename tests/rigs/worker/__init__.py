"""An OpenAI-compatible server on loopback that speaks Kurage's format, and fails on demand.

    with WorkerRig(facts({"申請は何日前まで？": "3日前"})) as rig:
        client = Client([rig.url], model=None, api_key=None)
        rig.fail("close_amid", after=3)         # the next request that generates
        …
        assert rig.asked()[0].ending == "cut"
        rig.stop()                              # from here on it is refused
        rig.start()

A script says what is answered to a prompt: `first_sentence` (the default) quotes the first chunk,
`facts` knows answers, any function from a prompt to a text (or to its pieces) will do; `reply` puts
an answer into Kurage's format. Shapes and words are those of vLLM 0.32; a character counts as a
token. Without a script of its own it stands before a real server, and hurts its answers:

    with WorkerRig(upstream="http://127.0.0.1:8000") as rig: ...
"""

from rigs.worker.faults import Fault, Kind
from rigs.worker.rig import WorkerRig
from rigs.worker.script import Script, chunks, facts, first_sentence, question, reply
from rigs.worker.server import Asked, Worker

__all__ = [
    "Asked",
    "Fault",
    "Kind",
    "Script",
    "Worker",
    "WorkerRig",
    "chunks",
    "facts",
    "first_sentence",
    "question",
    "reply",
]
