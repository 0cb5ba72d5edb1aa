"""Where the collected tests of the whole service stand, whether or not this run chose them."""

import pytest

OF_THE_WHOLE_SERVICE = pytest.StashKey[list[str]]()
