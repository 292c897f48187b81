"""Where to draw boxes and the arrows between them.

Boxes stand in ranks, each behind its farthest source. An arrow that passes ranks gets a lane of its own between their
boxes. Boxes and lanes of a rank are ordered by where their sources stand (K. Sugiyama and others, 1981).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fastmlp.plotting._boxes import Box


class Place(NamedTuple):
    """How far along the data's way something stands, and how far to the side."""

    across: float
    along: float


class Places(NamedTuple):
    """Where to draw a diagram: each box, and for each arrow the places it leads through, from box to box."""

    boxes: dict[Box, Place]
    ways: list[list[Place]]


@dataclass(eq=False)
class _Lane:
    """Where an arrow passes a rank."""

    source: "Box | _Lane"


def places_of(boxes: Sequence[Box], box_size: float, lane_size: float, rank_size: float) -> Places:
    """Return where to draw boxes, of which each comes behind its sources.

    Parameters
    ----------
    boxes : sequence of Box
        All of a diagram.
    box_size, lane_size : float
        How much of a rank a box and a passing arrow take.
    rank_size : float
        From one rank to the next.
    """
    rank: dict[Box, int] = {}
    for box in boxes:
        rank[box] = max((rank[source] + 1 for source in box.sources), default=0)
    ranks: list[list[Box | _Lane]] = [[] for _ in range(max(rank.values()) + 1)]
    chains: list[list[Box | _Lane]] = []
    before: dict[Box | _Lane, list[Box | _Lane]] = {}
    for box in boxes:
        ranks[rank[box]].append(box)
        before[box] = []
        for source in box.sources:
            chain: list[Box | _Lane] = [source]
            for passed in range(rank[source] + 1, rank[box]):
                lane = _Lane(chain[-1])
                before[lane] = [lane.source]
                ranks[passed].append(lane)
                chain.append(lane)
            before[box].append(chain[-1])
            chains.append([*chain, box])
    across: dict[Box | _Lane, float] = {}
    for members in ranks:
        members.sort(key=lambda member: _mean([across[source] for source in before[member]]))
        sizes = [box_size if isinstance(member, Box) else lane_size for member in members]
        edge = -sum(sizes) / 2
        for member, size in zip(members, sizes, strict=True):
            across[member] = edge + size / 2
            edge += size
    places = {member: Place(across[member], i * rank_size) for i, members in enumerate(ranks) for member in members}
    return Places({box: places[box] for box in boxes}, [[places[member] for member in chain] for chain in chains])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
