"""Requests signed by the process's own AWS role (Signature Version 4), for a tracker behind API Gateway's IAM authorisation.

The stock client asks providers of authentication by the name in MLFLOW_TRACKING_AUTH
(https://mlflow.org/docs/latest/ml/plugins/#request-auth-provider).
"""

import re

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from mlflow.tracking.request_auth.abstract_request_auth_provider import RequestAuthProvider
from mlflow.tracking.request_auth.registry import _request_auth_provider_registry as registry
from requests import PreparedRequest
from requests.auth import AuthBase

NAME = "aws-sigv4"
SERVICE = "execute-api"
HOST = re.compile(r"https://[a-z0-9]+\.execute-api\.(?P<region>[a-z0-9-]+)\.")


class Signature(AuthBase):
    def __init__(self, session: boto3.session.Session):
        self._session = session

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        host = HOST.match(request.url)
        region = host["region"] if host else self._session.region_name
        # the host and these headers alone are signed: others may change on the way
        signed = AWSRequest(request.method, request.url, data=request.body)
        SigV4Auth(self._session.get_credentials(), SERVICE, region).add_auth(signed)
        request.headers.pop("Authorization", None)
        request.headers.update(signed.headers.items())
        return request


class Provider(RequestAuthProvider):
    def __init__(self):
        self._signature: Signature | None = None

    def get_name(self) -> str:
        return NAME

    def get_auth(self) -> Signature:
        self._signature = self._signature or Signature(boto3.session.Session())
        return self._signature


def register() -> None:
    if not any(isinstance(provider, Provider) for provider in registry):
        registry.register(Provider)
