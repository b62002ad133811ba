"""Who an asker is, and that an answer about access is never wider than the truth."""

from bot.access import ReaderFilter, person


def test_a_person_is_themselves_their_domain_and_anyone() -> None:
    """Addresses are compared as mail does: without case."""
    assert person(" Sato@Example.co.jp ") == {
        "anyone",
        "user:sato@example.co.jp",
        "domain:example.co.jp",
    }


def test_groups_are_added() -> None:
    """A membership is a principal like any other."""
    assert "group:hr" in person("sato@example.co.jp", ["group:hr"])


class Growing:
    """Knows one more reader set each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def reader_set_ids(self, principals: frozenset[str]) -> frozenset[int]:
        self.asked += 1
        return frozenset(range(self.asked)) if principals else frozenset()


def test_an_answer_is_remembered_for_a_moment() -> None:
    """A burst of questions by one person asks the database once."""
    sets = Growing()
    readers = ReaderFilter(sets)
    assert readers.allowed(frozenset({"anyone"})) == {0}
    assert readers.allowed(frozenset({"anyone"})) == {0}
    assert sets.asked == 1


def test_two_people_never_share_an_answer() -> None:
    """What is remembered is remembered for exactly these principals."""
    readers = ReaderFilter(Growing())
    assert readers.allowed(frozenset({"anyone"})) == {0}
    assert readers.allowed(frozenset()) == frozenset()
