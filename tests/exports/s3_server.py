"""A server that speaks S3, in a process of its own."""

import socket
import subprocess
import sys
import time
import urllib.request
from functools import cached_property
from pathlib import Path

import boto3

BUCKET, KEY, SECRET, REGION = "exports-of-northwind", "a-key", "a-secret", "eu-central-1"
STARTS_WITHIN = 30.0


class S3Server:
    """Started with an empty bucket; `stop` kills it and everything in it."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            assert self._process.poll() is None, "it ended"
            assert time.monotonic() < deadline, "it never answered"
            time.sleep(0.05)
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    @cached_property
    def client(self):
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        return boto3.client("s3", endpoint_url=self.url, region_name=REGION, **keys)

    @property
    def environment(self) -> dict[str, str]:
        """What leads Carillon there."""
        return {
            "EXPORTS_S3_BUCKET": BUCKET,
            "EXPORTS_S3_ENDPOINT": self.url,
            "EXPORTS_S3_REGION": REGION,
            "EXPORTS_S3_KEY": KEY,
            "EXPORTS_S3_SECRET": SECRET,
        }

    def names(self) -> list[str]:
        """Of all files in the bucket."""
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/moto-api/", timeout=1).close()
        except OSError:
            return False
        return True
