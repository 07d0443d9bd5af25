"""Recorded tracks as terminals: complete, at the asked pace, over reconnects."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.clock import monotonic, now
from gps.replay import Pace, Replay, Track, UnreadableTracks, enrol, positions, read_tracks
from gps.replay_cli import app
from tests.gps.conftest import Fleet
from tests.gps.storm import start_gateway
from tests.gps.test_gateway import gateway, run
from tests.harness import free_port_pair


def recording(path: Path, tracks: int, points: int, step: int = 5) -> Path:
    """A file of drawn tracks that began on different days."""
    lines = ["cab,t,lat,lon,occ"]
    for track in range(tracks):
        t0 = 1_211_958_000 + track * 86_400
        lines += [f"{track},{t0 + i * step},{39.9 + i * 2e-4:.5f},{116.3},0" for i in range(points)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def count(fleet: Fleet) -> int:
    ((number,),) = fleet.query("SELECT count(*) FROM fix")
    return int(number)


def test_tracks_are_read_and_limited(tmp_path: Path) -> None:
    file = recording(tmp_path / "cabs.csv", 5, 7)
    tracks = read_tracks(file, limit=3)
    assert [(track.name, track.identity, len(track.points)) for track in tracks] == [
        ("0", "64000000001", 7),
        ("1", "64000000002", 7),
        ("2", "64000000003", 7),
    ]
    file.write_text("cab,t,lat\n1,2,3\n", encoding="utf-8")
    with pytest.raises(UnreadableTracks, match="longitude"):
        read_tracks(file)


def test_the_pace_and_the_shift() -> None:
    start_at = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    pace = Pace(first=1000, last=1600, start=start_at, speed=10, shift=True)
    assert pace.wait(1600) == 60
    assert pace.fix_at(1600) == start_at + timedelta(seconds=60)
    assert pace.fix_at(1000) == start_at + timedelta(seconds=60 - 600)
    plain = Pace(first=1000, last=1600, start=start_at, speed=10, shift=False)
    assert plain.fix_at(1000) == datetime.fromtimestamp(1000, UTC)


def test_speed_and_course_come_from_the_step_before(tmp_path: Path) -> None:
    (track,) = read_tracks(recording(tmp_path / "one.csv", 1, 3))
    pace = Pace(track.points[0].t, track.points[-1].t, now(), 1, shift=True)
    found = [position for _, position in positions(track, pace)]
    assert found[0].speed_kmh == 0
    assert found[1].speed_kmh == pytest.approx(2e-4 * 111_195 / 5 * 3.6, rel=0.01)
    assert found[1].course_deg == 0


def test_a_replay_is_complete_and_keeps_its_pace(fleet: Fleet, tmp_path: Path) -> None:
    tracks = read_tracks(recording(tmp_path / "cabs.csv", 10, 40))
    enrol(1, tracks)

    async def scenario() -> None:
        async with gateway() as running:
            begun = monotonic()
            tally = await Replay(tracks, running.host, running.port, speed=100).run()
            assert monotonic() - begun >= 39 * 5 / 100
            assert (tally.sent, tally.acked, tally.unacked) == (400, 400, 0)
            assert tally.complete

    run(scenario)
    assert count(fleet) == 400


def test_a_killed_gateway_only_delays_a_replay(fleet: Fleet, tmp_path: Path) -> None:
    tracks = read_tracks(recording(tmp_path / "cabs.csv", 8, 100))
    enrol(1, tracks)

    async def scenario() -> None:
        port = free_port_pair()
        process = await start_gateway(port)
        half = asyncio.Event()
        replay = Replay(
            tracks,
            "127.0.0.1",
            port,
            speed=250,
            progress=lambda tally: half.set() if tally.sent > 400 else None,
        )
        running = asyncio.ensure_future(replay.run())
        await half.wait()
        process.kill()
        process.wait()
        process = await start_gateway(port)
        tally = await running
        process.terminate()
        await asyncio.to_thread(process.wait, 30)
        assert tally.complete
        assert tally.reconnected >= 8

    run(scenario)
    assert count(fleet) == 800


def test_the_command_reports_and_fails_when_something_stays_open(
    fleet: Fleet, tmp_path: Path
) -> None:
    file = recording(tmp_path / "cabs.csv", 2, 5)

    async def scenario() -> None:
        async with gateway() as running:
            words = ["tracks", str(file), "--to", f"{running.host}:{running.port}", "--speed", "50"]
            runner = CliRunner()
            unknown = await asyncio.to_thread(runner.invoke, app, words)
            assert unknown.exit_code == 1
            assert "refused 2: the gateway does not know these terminals" in unknown.output
            assert "拒绝 2：" in unknown.output
            assert "unacked 0" in unknown.output
            known = await asyncio.to_thread(runner.invoke, app, [*words, "--enrol", "1"])
            assert known.exit_code == 0, known.output
            assert "acked 10" in known.output

    run(scenario)
    assert count(fleet) == 10


@pytest.mark.shared
def test_real_journeys_through_beijing(fleet: Fleet, shared: Path) -> None:
    file = shared / "data/geolife_beijing_vehicles/dev_tracks.csv.gz"
    tracks = [track for track in read_tracks(file, limit=40) if len(track.points) < 600]
    enrol(1, tracks)

    async def scenario() -> None:
        async with gateway() as running:
            tally = await Replay(tracks, running.host, running.port, speed=20_000).run()
            assert tally.complete
            assert running.intake.counts["bad_frame"] == 0

    run(scenario)
    distinct = {(track.name, int(point.t)) for track in tracks for point in track.points}
    assert count(fleet) == len(distinct) > 3000


def test_a_file_without_tracks_is_nothing(tmp_path: Path) -> None:
    assert read_tracks(recording(tmp_path / "none.csv", 0, 0)) == []
    assert list(positions(Track("", "1", []), Pace(0, 0, now(), 1, shift=True))) == []
