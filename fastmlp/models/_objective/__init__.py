"""What outputs are trained and judged by: losses, metrics, and what they mean for the targets at hand."""
