"""Hostile text through Slack: it pings nobody, forges no link, breaks no block, and is all there.

What is written here comes from documents, models and people; everything is posted by the real
client into the loopback Slack, and judged by what a person would see there.
"""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st
from rigs.slack_rig import SlackRig
from slack_hostile import HITS, HOSTILE, LONG, THROUGH_THE_RIG, letters, listed, safe, statements
from slack_samples import (
    HELPDESK,
    SATO,
    SOUMU,
    SUZUKI,
    WIKI,
    abstained,
    answered,
    hit,
    shown,
    turn,
    valid,
)
from slack_sdk import WebClient

from bot import reply
from bot.exchange import Statement
from bot.inbox.platform import HandOver, Line, Sharing
from bot.slack.view import line_text, render, stream_text
from bot.slack.view.safe import clean, linkable, one_line, shown_url


class TestAnAnswer:
    @THROUGH_THE_RIG
    @given(st.lists(HOSTILE, min_size=1, max_size=4), st.lists(HITS, min_size=1, max_size=4))
    def test_of_quotes_shows_every_letter(
        self, slack_rig: SlackRig, slack: WebClient, texts: list[str], found: list[object]
    ) -> None:
        """Quotes, numbers, titles and links are all there, and harmless."""
        content = answered(*statements(True, *texts), sources=listed(*found))
        screen = safe(slack_rig, slack, shown(content))
        read = letters(screen.text)
        for part in content.statements:
            assert letters(f"「{clean(part.text).strip()}」[{part.references[0]}]") in read
        for each in content.sources:
            assert letters(one_line(each.hit.document.title, 100).rstrip("…")) in read
            leads = reply.address(each.hit)
            if address := linkable(leads):
                assert address in {link["url"] for link in screen.links}
            else:
                assert letters(shown_url(leads)) in read
            assert f"{each.number}." in screen.text

    @THROUGH_THE_RIG
    @given(st.lists(HOSTILE, min_size=1, max_size=4))
    def test_of_a_model_loses_nothing_but_markup(
        self, slack_rig: SlackRig, slack: WebClient, texts: list[str]
    ) -> None:
        """Letters and digits come through in order, whatever markdown they stand in."""
        content = answered(*statements(False, *texts))
        screen = safe(slack_rig, slack, shown(content))
        read = iter(screen.text)
        wanted = [
            c for part in content.statements for c in clean(_unfenced(part.text)) if c.isalnum()
        ]
        # An ordered item's number is shown by the list; the rest stands as it was written.
        assert all(any(c == other for other in read) for c in wanted)

    @LONG
    @given(
        st.text(st.sampled_from("あ漢a 。、\n「」*`[]()"), max_size=200),
        st.integers(1, 60_000),
        st.booleans(),
    )
    @example("あ", 60_000, True)
    @example("あ。", 60_000, False)
    @example("a b ", 60_000, False)
    @example("が", 30_000, True)
    def test_of_any_length_is_all_there(
        self, slack_rig: SlackRig, slack: WebClient, text: str, length: int, verbatim: bool
    ) -> None:
        """60,000 characters come in several messages: sources and buttons below the last one."""
        long = (text * (length // max(1, len(text)) + 1))[:length]
        content = answered(Statement(long, (1,), verbatim), sources=listed(*[hit()] * 3))
        parts = shown(content)
        screen = safe(slack_rig, slack, parts)
        if verbatim:
            assert letters(f"「{clean(long).strip()}」[1]") in letters(screen.text)
        assert len(letters(screen.text)) >= sum(c.isalnum() for c in long)
        assert all(len(each["text"]) <= 4100 for each in screen.parts)
        assert all(not each["buttons"] for each in screen.parts[:-1])
        assert all("📄 出典" not in each["text"] for each in screen.parts[:-1])
        last = screen.parts[-1]
        assert len(last["buttons"]) == 4
        assert [f"{number}. 就業規則" in last["text"] for number in (1, 2, 3)] == [True] * 3

    def test_with_hundreds_of_sources_names_them_all(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        """More than one message holds: numbers go on in the next one, buttons stand below all."""
        found = [hit(f"規程{number}" * 20, f"{WIKI}/{number}") for number in range(1, 301)]
        screen = safe(
            slack_rig, slack, shown(answered(*statements(False, "はい。"), sources=listed(*found)))
        )
        lines = re.findall(r"^(\d+)\. 規程(\d+)", screen.text, re.MULTILINE)
        assert lines == [(str(number), str(number)) for number in range(1, 301)]
        assert [link["url"] for link in screen.links] == [one.url for one in found]
        assert screen.labels == ["詳しく", "👍", "👎", "担当者に聞く"]
        assert len(screen.parts) > 1

    def test_ends_its_messages_between_sentences(self) -> None:
        """A reader is never left in the middle of a sentence, nor of its numbers."""
        texts = [f"第{number}条は、次のとおりとします。" for number in range(1, 1500)]
        content = answered(
            *(Statement("".join(texts[n : n + 30]), (1, 2)) for n in range(0, 1499, 30))
        )
        parts = valid(shown(content))
        assert len(parts) > 5
        for part in parts[:-1]:
            leaf = part.blocks[0]["elements"][-1]["elements"][-1]["text"]
            assert leaf.rstrip().endswith(("。", "[2]"))
        assert all(not part.text.startswith("[") for part in parts)

    @THROUGH_THE_RIG
    @given(st.lists(HITS, max_size=4))
    def test_that_is_none_links_the_nearest(
        self, slack_rig: SlackRig, slack: WebClient, found: list[object]
    ) -> None:
        content = abstained(*found)  # type: ignore[arg-type]
        screen = safe(slack_rig, slack, shown(content))
        addresses = [address for one in content.nearest if (address := linkable(one.url))]
        assert [link["url"] for link in screen.links] == addresses


class TestWordsAlone:
    @THROUGH_THE_RIG
    @given(st.lists(HOSTILE, min_size=1, max_size=3), HITS)
    def test_are_as_safe_as_blocks(
        self, slack_rig: SlackRig, slack: WebClient, texts: list[str], found: object
    ) -> None:
        """They show in notifications, to screen readers, and where blocks are refused."""
        content = answered(*statements(True, *texts), sources=listed(found))
        parts = shown(content)
        slack_rig.reset(limits={"enabled": False})
        for part in parts:
            slack.chat_postMessage(channel=SOUMU, text=part.text)
        assert slack_rig.pinged() == []
        assert slack_rig.forged() == []
        addresses = {address for one in content.sources if (address := linkable(one.hit.url))}
        links = slack_rig.screen("soumu")[-1]["links"]
        # Addresses that a text names lead where they say.
        assert addresses <= {link["url"] for link in links}

    def test_are_cut_where_slack_would_refuse_them(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        posted = slack.chat_postMessage(channel=SOUMU, text="…")
        for text in ("&" * 4000, "<!here>" * 600, "あ" * 60_000):
            for part in shown(answered(Statement(text, (1,), verbatim=True))):
                slack.chat_update(channel=SOUMU, ts=posted["ts"], text=part.text)
                assert "&am" not in slack_rig.screen("soumu")[-1]["text"]
        assert slack_rig.pinged() == []


class TestWhatPeopleWrote:
    @THROUGH_THE_RIG
    @given(HOSTILE, HITS, HOSTILE)
    def test_pings_none_but_the_people_of_a_hand_over(
        self, slack_rig: SlackRig, slack: WebClient, question: str, found: object, text: str
    ) -> None:
        content = HandOver(
            turn(question=question), answered(*statements(False, text), sources=listed(found))
        )
        parts = shown(content, people=[HELPDESK, SUZUKI])
        screen = safe(slack_rig, slack, parts, HELPDESK, SUZUKI, SATO)
        assert letters(clean(question).strip()) in letters(screen.text)

    @THROUGH_THE_RIG
    @given(HOSTILE, HOSTILE)
    def test_pings_nobody_where_an_answer_is_shared(
        self, slack_rig: SlackRig, slack: WebClient, question: str, name: str
    ) -> None:
        content = Sharing(turn(question=question), answered(*statements(False, "はい。")))
        safe(slack_rig, slack, shown(content, names={SATO: f"佐藤{name}"}))

    @THROUGH_THE_RIG
    @given(HOSTILE)
    def test_is_harmless_in_a_stream(
        self, slack_rig: SlackRig, slack: WebClient, text: str
    ) -> None:
        """What a stream shows is markdown, in which a model could say more than words."""
        content = answered(*statements(False, text, text), *statements(True, text, text))
        said = stream_text(content, "ja")
        slack_rig.reset(limits={"enabled": False})
        if said.strip():
            slack.chat_postMessage(channel=SOUMU, markdown_text=said[:12_000])
            labels = {link["label"] for link in slack_rig.screen("soumu")[-1]["links"]}
            urls = {link["url"] for link in slack_rig.screen("soumu")[-1]["links"]}
            assert labels == urls
        assert slack_rig.pinged() == []
        assert slack_rig.violations() == []

    @THROUGH_THE_RIG
    @given(HOSTILE)
    def test_is_harmless_as_the_text_of_a_message(
        self, slack_rig: SlackRig, slack: WebClient, text: str
    ) -> None:
        said = line_text(f"はい。{text}")
        slack.chat_postMessage(channel=SOUMU, text=said)
        assert slack_rig.pinged() == []
        assert slack_rig.forged() == []

    @THROUGH_THE_RIG
    @given(HOSTILE)
    def test_is_harmless_as_the_id_of_somebody(
        self, slack_rig: SlackRig, slack: WebClient, who: str
    ) -> None:
        parts = render(Line("invited"), turn(), bot_user=f"x{who}")
        safe(slack_rig, slack, parts)


def _unfenced(text: str) -> str:
    """Return a text without what stands behind the marks of a block of code."""
    return re.sub(r"^\s{0,3}```[\w+#.-]*\s*$", "", clean(text), flags=re.MULTILINE)
