"""No answer without a source: whatever a generator says, what leaves `answer()` is borne out."""

from collections.abc import AsyncIterator, Collection

from hypothesis import given
from hypothesis import strategies as st

from bot.access import ReaderFilter
from bot.answer import Answerer, checked
from bot.exchange import Evidence, Generation, Passage, Question, Quote, Statement, Style
from bot.retrieve import Retriever
from ingest.chunk import Chunk
from ingest.encode import EncodedQuery
from ingest.index import Hit, IndexedDocument

READERS = 7


def hit(document: str, text: str, anchor: str = "", score: float = 1.0) -> Hit:
    return Hit(
        score,
        IndexedDocument("wiki", document, "1", "1", READERS, document, f"https://x/{document}"),
        Chunk(0, document, (), text, "paragraph", anchor),
    )


def evidence(*hits: Hit) -> Evidence:
    return Evidence(tuple(Passage(number, h) for number, h in enumerate(hits, start=1)))


TEXTS = ["有給休暇は3営業日前までに申請します。", "締め日は25日です。", "VPNを使います。"]
THREE = evidence(*(hit(f"d{n}", text) for n, text in enumerate(TEXTS)))


def test_sources_are_numbered_by_first_use() -> None:
    """Passage 3 is cited first, so it is source 1, inline and in the list."""
    said = Generation(
        (Statement("接続にはVPNが要ります。", (3,)), Statement("締め日は25日です。", (2, 3)))
    )
    answer = checked(said, THREE)
    assert [part.references for part in answer.statements] == [(1,), (2, 1)]
    assert [source.hit.document.id for source in answer.sources] == ["d2", "d1"]


def test_passages_with_one_link_are_one_source() -> None:
    """Two chunks of one section lead to the same place: a reader sees it once."""
    found = evidence(hit("d", "一。", "s1"), hit("d", "二。", "s1"), hit("d", "三。", "s2"))
    answer = checked(Generation((Statement("一二三", (1, 2, 3)),)), found)
    assert answer.statements[0].references == (1, 2)
    assert [source.hit.url for source in answer.sources] == ["https://x/d#s1", "https://x/d#s2"]


def test_a_reference_out_of_range_is_dropped() -> None:
    """Models make numbers up; what is left still bears the statement."""
    answer = checked(Generation((Statement("一", (9, 2)),)), THREE)
    assert answer.statements[0].references == (1,)
    assert answer.sources[0].hit.document.id == "d1"


def test_a_statement_without_numbers_is_borne_by_all_that_are_named() -> None:
    """Kurage names its references once, before the answer."""
    answer = checked(Generation((Statement("一", ()),), references=(2, 1)), THREE)
    assert [source.hit.document.id for source in answer.sources] == ["d1", "d0"]


def test_what_nothing_bears_is_an_abstention_that_names_the_nearest() -> None:
    """A claim without a source is never shown, however sure the model sounds."""
    answer = checked(Generation((Statement("必ずそうです。", (0, 4)),), confidence=0.9), THREE)
    assert (answer.state, answer.statements, answer.sources) == ("abstained", (), ())
    assert [near.document.id for near in answer.nearest] == ["d0", "d1", "d2"]


def test_a_quote_that_is_not_in_its_passage_is_dropped() -> None:
    """A quotation is word for word, or it is none."""
    quotes = (Quote(1, "有給休暇は5営業日前"), Quote(2, "締め日は25日です。"), Quote(9, "VPN"))
    said = Generation(
        (
            Statement("5営業日前", (1,), verbatim=True),
            Statement("締め日は25日", (2,), verbatim=True),
        ),
        quotes=quotes,
    )
    answer = checked(said, THREE)
    assert [part.text for part in answer.statements] == ["締め日は25日"]
    assert answer.quotes == ("締め日は25日です。",)
    assert answer.sources[0].quote == "締め日は25日"


references = st.lists(st.integers(-2, 6), max_size=4).map(tuple)
statements = st.builds(
    Statement, st.sampled_from([*TEXTS, "よそ", " ", "VPN"]), references, st.booleans()
)
generations = st.builds(
    Generation,
    st.lists(statements, max_size=5).map(tuple),
    references,
    st.lists(st.builds(Quote, st.integers(-1, 5), st.sampled_from([*TEXTS, "よそ"]))).map(tuple),
)


@given(generations)
def test_whatever_is_said_inline_numbers_and_list_agree(said: Generation) -> None:
    """The contract of citation, for any generation: numbers 1..k, all used, all in the prompt."""
    answer = checked(said, THREE)
    used = {number for part in answer.statements for number in part.references}
    assert [source.number for source in answer.sources] == list(range(1, len(answer.sources) + 1))
    assert used == {source.number for source in answer.sources}
    assert (answer.state == "answered") == bool(answer.statements)
    for part in answer.statements:
        assert part.references
        if part.verbatim:
            assert any(part.text in answer.sources[n - 1].hit.chunk.text for n in part.references)


class OneDocument:
    """An index that holds one chunk, and remembers with whose eyes it was searched."""

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        return [hit("d0", TEXTS[0])] if READERS in readers else []

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        return {}


class Words:
    """An encoder whose vectors nobody looks at."""

    def encode_query(self, text: str) -> EncodedQuery:
        return EncodedQuery({})


class Sato:
    """Reader set 7 is Sato's."""

    def reader_set_ids(self, principals: frozenset[str]) -> frozenset[int]:
        return frozenset({READERS}) if "user:sato@example.co.jp" in principals else frozenset()


class Repeats:
    """A generator that says the first passage word for word, in two steps."""

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        if evidence.passages:
            text = evidence.passages[0].text
            yield Generation((Statement(text[:4], (1,), verbatim=True),))
            yield Generation((Statement(text, (1,), verbatim=True),), finished=True)
        else:
            yield Generation((), finished=True)


def answerer() -> Answerer:
    retriever = Retriever(OneDocument(), Words(), ReaderFilter(Sato()))  # type: ignore[arg-type]
    return Answerer(retriever, Repeats())


async def test_an_answer_grows_and_ends_whole() -> None:
    """Whoever shows it sees checked parts first, and gets the whole with its timings."""
    grown: list[str] = []
    asked = Question("休暇は？", frozenset({"user:sato@example.co.jp"}))
    answer = await answerer().answer(asked, lambda part: grown.append(part.statements[0].text))
    assert grown == [TEXTS[0][:4], TEXTS[0]]
    assert answer.statements[0].text == TEXTS[0]
    assert set(answer.timings_ms) == {"retrieve", "generate", "total"}


async def test_what_the_asker_may_not_read_is_not_even_near() -> None:
    """Restricted documents do not show in an abstention either."""
    answer = await answerer().answer(Question("休暇は？", frozenset({"user:suzuki@example.co.jp"})))
    assert (answer.state, answer.nearest, answer.ranking) == ("abstained", (), ())
