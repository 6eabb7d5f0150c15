"""Both lanes, for tests that hold in each."""

from __future__ import annotations

import pytest

SINGLE, BATCH = "openim/sendmsg", "openim/batchsendmsg"
BOTH = pytest.mark.parametrize(("lanes", "command"), [("single", SINGLE), ("batch", BATCH)])
IMPORT = "im_open_login_svc/multiaccount_import"
