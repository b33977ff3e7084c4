# SPDX-License-Identifier: BSD-2-Clause
"""Certificates for tests of TLS: a CA of the test's own, by the openssl command.
Small keys: what is tested is who is believed."""
import subprocess

DAY = 86400


def openssl(*args, **kwargs):
    subprocess.run(["openssl", *args], check=True, capture_output=True,
                   **kwargs)


class CA:
    def __init__(self, dir, name="ca"):
        self.dir, self.name = dir, name
        self.key, self.cert = f"{dir}/{name}.key", f"{dir}/{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.cert, "-subj", f"/CN={name} of the test",
                "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name, alt, days=(-1, 30), cn=None):
        """Certificate and key files.  alt: as in subjectAltName, "": none."""
        key, cert = f"{self.dir}/{name}.key", f"{self.dir}/{name}.pem"
        conf = f"{self.dir}/{name}.cnf"
        with open(conf, "w") as f:
            f.write("basicConstraints=critical,CA:FALSE\n"
                    "keyUsage=critical,digitalSignature\n"
                    "extendedKeyUsage=serverAuth,clientAuth\n" +
                    (f"subjectAltName={alt}\n" if alt else ""))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out", cert + ".csr", "-subj", f"/CN={cn or name}")
        self.sign(cert, conf, days)
        return cert, key

    def sign(self, cert, conf, days):
        """By `openssl ca`: the only command of 3.0 that takes both dates."""
        with open(self.dir + "/index", "w"), \
             open(self.dir + "/index.attr", "w"):
            pass
        with open(self.dir + "/ca.cnf", "w") as f:
            f.write(f"""[ca]
default_ca = d
[d]
database = {self.dir}/index
new_certs_dir = {self.dir}
rand_serial = yes
default_md = sha256
policy = p
[p]
commonName = supplied
""")
        import time
        start, end = (time.strftime("%Y%m%d%H%M%SZ",
                                    time.gmtime(time.time() + d * DAY))
                      for d in days)
        openssl("ca", "-batch", "-notext", "-config", self.dir + "/ca.cnf",
                "-keyfile", self.key, "-cert", self.cert, "-in",
                cert + ".csr", "-out", cert, "-startdate", start, "-enddate",
                end, "-extfile", conf)
