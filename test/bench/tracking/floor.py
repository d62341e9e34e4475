"""Routes `GET /floor/nothing` and `GET /floor/item` on a running API, behind its own authorizer: what a call costs before any of our code.
Prints the environments of the tracking and the registry function, as JSON.

usage: floor.py ENDPOINT API_ID BUNDLE
"""

import io
import json
import sys
import zipfile

import boto3

endpoint, api_id, bundle = sys.argv[1:]
connect = {"endpoint_url": endpoint, "region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
functions = boto3.client("lambda", **connect)
gateway = boto3.client("apigatewayv2", **connect)

environments = {
    name: functions.get_function_configuration(FunctionName=f"proband-local-mlflow-{name}")["Environment"]["Variables"] for name in ("tracking", "registry")
}
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as files:
    files.write(bundle, "index.mjs")
[authorizer, *_] = [a["AuthorizerId"] for a in gateway.get_authorizers(ApiId=api_id)["Items"] if a["AuthorizerType"] == "JWT"]
for name in ("nothing", "item"):
    arn = functions.create_function(
        FunctionName=f"floor-{name}",
        Runtime="nodejs24.x",
        Role="arn:aws:iam::000000000000:role/floor",
        Handler=f"index.{name}",
        Code={"ZipFile": archive.getvalue()},
        MemorySize=1024,
        Timeout=29,
        Environment={"Variables": {"TABLE": environments["tracking"]["TRACKING_TABLE"]} | {name: value for name, value in environments["tracking"].items() if name.startswith("AWS_")}},
    )["FunctionArn"]
    integration = gateway.create_integration(ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0")["IntegrationId"]
    gateway.create_route(ApiId=api_id, RouteKey=f"GET /floor/{name}", Target=f"integrations/{integration}", AuthorizationType="JWT", AuthorizerId=authorizer)
print(json.dumps(environments))
