"""Copy Amazon's own certificate authorities from a bundle to a small one: `amazon_authorities.py BUNDLE SMALL`.

AWS's endpoints have certificates of these five (https://www.amazontrust.com/repository/). To read only them shortens a
cold start by a fifth. The bundle is certifi's, which has a label above each certificate.
"""

import re
import sys
from pathlib import Path

LABELS = {f"Amazon Root CA {number}" for number in range(1, 5)} | {"Starfield Services Root Certificate Authority - G2"}
CERTIFICATE = re.compile(
    r'^# Label: "(?P<label>[^"]+)"$.*?(?P<pem>^-----BEGIN CERTIFICATE-----$.*?^-----END CERTIFICATE-----$)', re.M | re.S
)

bundle, small = map(Path, sys.argv[1:])
found = {each["label"]: each["pem"] for each in CERTIFICATE.finditer(bundle.read_text()) if each["label"] in LABELS}
if missing := LABELS - found.keys():
    sys.exit(f"{bundle} lacks {', '.join(sorted(missing))}")
small.write_text("".join(f"{found[label]}\n" for label in sorted(found)))
