"""An analyzer without words of a user, and texts for it."""

from __future__ import annotations

from hypothesis import strategies as st

from ingest.japanese import Analyzer

PLAIN = Analyzer()
# Every code point, lone surrogates included, and what the rules look for more often than chance.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
MARKED_TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    "令和",
                    "R",
                    "H",
                    "6",
                    "31",
                    "元年",
                    "年",
                    "年度",
                    ".",
                    "/",
                    "㈱",
                    "(株)",
                    "1,000",
                    "ﷺ",
                ),
                *(
                    "受け",
                    "取る",
                    "申し",
                    "込み",
                    "髙",
                    "葛\U000e0100城",
                    "サ－バ",
                    "か\u3099",
                    "\ud83d",
                ),
                *("有給", "休暇", "年休", "。", "\n", "\t", "\x00", "　", "ー", " "),
            ]
        ),
        ANY_TEXT,
    ),
    max_size=12,
).map("".join)
