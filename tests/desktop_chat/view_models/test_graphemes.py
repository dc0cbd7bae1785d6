"""What counts as one character."""

import pytest

from desktop_chat.view_models.graphemes import EMOJI, clusters, is_only_emoji, last_cluster_length


@pytest.mark.parametrize(
    "cluster",
    ["a", "é", "e\u0301", "👍", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🇮🇹", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "1️⃣", "❤️", "❤️‍🔥", "\r\n"],
)
def test_it_is_one_cluster(cluster: str) -> None:
    assert clusters(f"x{cluster}y") == ["x", cluster, "y"]
    assert last_cluster_length(f"x{cluster}") == len(cluster)


@pytest.mark.parametrize("text", ["✓", "→", "©", "1", "#", "¡Olé!", "漢"])
def test_signs_of_a_text_are_no_emoji(text: str) -> None:
    assert not EMOJI.findall(text)


def test_a_few_emoji_alone_are_told_from_emoji_in_a_sentence() -> None:
    assert is_only_emoji("🚀 🎉", 3)
    assert not is_only_emoji("🚀🚀🚀🚀", 3)
    assert not is_only_emoji("done 🚀", 3)
    assert not is_only_emoji("", 3)
