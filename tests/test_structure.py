from fastmlp._structure import flatten, map_structure, pack_like

NESTED = {"a": [1, (2, 3)], "b": 4}


def test_leaves_come_in_order() -> None:
    assert flatten(NESTED) == [1, 2, 3, 4]
    assert flatten(5) == [5]


def test_the_structure_is_kept() -> None:
    assert map_structure(str, NESTED) == {"a": ["1", ("2", "3")], "b": "4"}
    assert pack_like(NESTED, "wxyz") == {"a": ["w", ("x", "y")], "b": "z"}
