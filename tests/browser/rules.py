"""What every page is held to: WCAG 2.2, levels A and AA, as axe checks them."""

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
