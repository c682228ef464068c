"""What ansible-test runs in place of the pip bootstrap script that it would download: Python's own.

It is put under the name that ansible-test looks for before it downloads, so that everything comes from the
package index that this machine is set up with.
"""

import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
wanted = [word for word in sys.argv[1:] if word not in {"--no-setuptools", "--no-wheel"}]
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", *wanted])
