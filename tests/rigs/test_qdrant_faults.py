"""What goes wrong with a Qdrant server, on demand, and what survives: seen with the real client."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import httpx
import pytest
import trustme
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from qdrant_rig import KB, connect, create, point, refusal, sparse
from rigs.qdrant import QdrantRig

POINTS = f"/collections/{KB}/points"


class TestKilled:
    def test_what_was_completed_survives_a_kill(self, rig: QdrantRig, client: QdrantClient) -> None:
        create(client)
        client.create_payload_index(KB, "readers", models.PayloadSchemaType.INTEGER)
        client.update_collection(KB, metadata={"sources": ["handbook"]})
        made = models.CreateAlias(collection_name=KB, alias_name="served")
        client.update_collection_aliases([models.CreateAliasOperation(create_alias=made)])
        client.upsert(KB, [point(place, 10) for place in range(1, 101)], wait=True)
        client.delete(KB, [1], wait=True)
        client.set_payload(KB, {"readers": 7}, points=[2], wait=True)
        before = client.query_points("served", query=sparse(10), using="lexical", limit=200)
        address = rig.url
        rig.kill()
        rig.start()
        assert rig.url == address
        after = client.query_points("served", query=sparse(10), using="lexical", limit=200)
        assert {(hit.id, hit.score) for hit in after.points} == {
            (hit.id, hit.score) for hit in before.points
        }
        assert client.retrieve(KB, [2])[0].payload["readers"] == 7
        info = client.get_collection(KB)
        assert info.config.metadata == {"sources": ["handbook"]}
        assert info.payload_schema["readers"].points == 99

    def test_what_was_only_acknowledged_survives_a_kill_too(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.hold_updates()
        client.upsert(KB, [point(1, 10)], wait=False)
        client.set_payload(KB, {"readers": 5}, points=[1], wait=False)
        assert client.count(KB).count == 0
        rig.kill()
        rig.start()
        assert client.retrieve(KB, [1])[0].payload["readers"] == 5

    def test_an_acknowledged_update_is_not_applied_again_over_a_later_one(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        client.upsert(KB, [point(1, 10, readers=1)], wait=False)
        client.upsert(KB, [point(1, 10, readers=2)], wait=True)
        rig.kill()
        rig.start()
        assert client.retrieve(KB, [1])[0].payload["readers"] == 2

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_the_server_dies_at_the_nth_upsert(
        self, rig: QdrantRig, client: QdrantClient, moment: str
    ) -> None:
        create(client)
        rig.fail("PUT", POINTS, kill=moment, skip=2)
        for batch in range(2):
            client.upsert(KB, [point(batch, 10)], wait=True)
        with pytest.raises(ResponseHandlingException):
            client.upsert(KB, [point(2, 10)], wait=True)
        rig.wait_until_dead()
        rig.start()
        # What was not answered may be there or not; what was answered is.
        survivors = {record.id for record in client.scroll(KB)[0]}
        assert survivors == ({0, 1} if moment == "before" else {0, 1, 2})

    def test_kills_at_any_moment_lose_nothing_that_was_answered(self, tmp_path: Path) -> None:
        with QdrantRig(tmp_path) as rig:
            client = connect(rig)
            create(client)
            answered: list[int] = []
            for life in range(3):
                killer = threading.Timer(0.05 + 0.1 * life, rig.kill)
                killer.start()
                try:
                    for number in range(life * 10_000, (life + 1) * 10_000):
                        client.upsert(KB, [point(number, 10)], wait=number % 2 == 0)
                        answered.append(number)
                except ResponseHandlingException:
                    pass
                killer.join()
                rig.start()
                found = {record.id for record in client.scroll(KB, limit=50_000)[0]}
                assert found >= set(answered)
                assert len(found - set(answered)) <= life + 1  # done, and the answer was lost
            assert answered
            client.close()


class TestConnections:
    def test_a_stopped_server_refuses_connections_and_comes_back_with_its_data(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.stop()
        with pytest.raises(ResponseHandlingException, match="refused"):
            client.count(KB)
        rig.start()
        assert client.count(KB).count == 0

    @pytest.mark.parametrize(("cut", "stored"), [("before", 0), ("after", 1)])
    def test_a_lost_answer_leaves_open_whether_the_work_was_done(
        self, rig: QdrantRig, client: QdrantClient, cut: str, stored: int
    ) -> None:
        create(client)
        rig.fail("PUT", POINTS, cut=cut)
        with pytest.raises(ResponseHandlingException):
            client.upsert(KB, [point(1, 10)], wait=True)
        assert client.count(KB).count == stored

    def test_half_an_answer_is_no_answer(self, rig: QdrantRig, client: QdrantClient) -> None:
        create(client)
        rig.fail("POST", f"{POINTS}/count", cut="body")
        with pytest.raises(ResponseHandlingException):
            client.count(KB)
        assert client.count(KB).count == 0

    def test_a_slow_answer_outlasts_the_clients_patience(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.fail("POST", f"{POINTS}/count", delay=60.0)
        hasty = QdrantClient(url=rig.url, timeout=1, check_compatibility=False)
        with pytest.raises(ResponseHandlingException, match="timed out"):
            hasty.count(KB)
        hasty.close()

    def test_tls_serves_those_who_trust_its_authority(self, tmp_path: Path) -> None:
        authority = trustme.CA()
        certificate = tmp_path / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        with QdrantRig(tmp_path / "data", certificate=certificate) as rig:
            assert rig.url.startswith("https://")
            trusting = connect(rig, verify=trust)
            create(trusting)
            assert trusting.collection_exists(KB)
            trusting.close()
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                httpx.get(f"{rig.url}/readyz")


class TestStatus:
    @pytest.mark.parametrize("status", [400, 401, 403, 413, 500, 502, 503, 507])
    def test_a_status_comes_as_often_as_it_was_asked_for(
        self, rig: QdrantRig, client: QdrantClient, status: int
    ) -> None:
        create(client)
        rig.fail("PUT", POINTS, status=status, times=2)
        for _ in range(2):
            with refusal(status):
                client.upsert(KB, [point(1, 10)], wait=True)
        client.upsert(KB, [point(1, 10)], wait=True)
        assert [request.status for request in rig.requests("PUT", POINTS)] == [status, status, 200]

    def test_too_many_requests_say_when_to_come_back(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.fail("PUT", POINTS, status=429, retry_after=7)
        with pytest.raises(ResourceExhaustedResponse) as limited:
            client.upsert(KB, [point(1, 10)], wait=True)
        assert limited.value.retry_after_s == 7

    def test_a_full_disk_refuses_writes_and_still_reads(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.fill_disk()
        with pytest.raises(UnexpectedResponse, match="No space left on device"):
            client.upsert(KB, [point(1, 10)], wait=True)
        assert client.count(KB).count == 0
        rig.recover()
        client.upsert(KB, [point(1, 10)], wait=True)

    @pytest.mark.parametrize("status", ["yellow", "grey", "red"])
    def test_a_collection_reports_trouble_and_takes_writes(
        self, rig: QdrantRig, client: QdrantClient, status: str
    ) -> None:
        create(client)
        rig.report(status)
        client.upsert(KB, [point(1, 10)], wait=True)
        assert client.get_collection(KB).status == status
        rig.recover()
        assert client.get_collection(KB).status == "green"

    def test_only_requests_that_fit_fail(self, rig: QdrantRig, client: QdrantClient) -> None:
        create(client)
        rig.fail("DELETE", "*", status=500, times=None)
        client.upsert(KB, [point(1, 10)], wait=True)
        with refusal(500):
            client.delete_collection(KB)


class TestRecord:
    def test_requests_are_on_record_with_what_they_carried(
        self, rig: QdrantRig, client: QdrantClient
    ) -> None:
        create(client)
        rig.forget()
        client.upsert(KB, [point(1, 10)], wait=True)
        rig.kill()
        (request,) = rig.requests("PUT")
        assert (request.method, request.path, request.query) == ("PUT", POINTS, {"wait": "true"})
        assert request.body["points"][0]["payload"]["readers"] == 1
        assert request.headers["user-agent"].startswith("python-client/")
        assert request.status == 200
        rig.start()
