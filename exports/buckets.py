"""Files of exports in an S3-compatible bucket that web and workers on all hosts share."""

from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

# A page may wait for it, so a storage that is away must be noticed soon.
PATIENCE = {"connect_timeout": 5, "read_timeout": 30, "retries": {"mode": "standard", "total_max_attempts": 3}}
# Part after part: several at once would be held in memory together.
PARTS = TransferConfig(use_threads=False)
SPOOLED = 1024 * 1024


class Bucket(S3Storage):
    def __init__(self, *, path_style: bool, **options: Any) -> None:
        style = {"addressing_style": "path" if path_style else "auto"}
        super().__init__(
            # Each name is written once, so there is no need to ask first whether it is taken.
            file_overwrite=True,
            client_config=Config(s3=style, signature_version="s3v4", **PATIENCE),
            transfer_config=PARTS,
            # Told of gzip, browsers would unpack what is compressed; links say what type a file is.
            object_parameters={"ContentType": "application/octet-stream"},
            max_memory_size=SPOOLED,
            **options,
        )
