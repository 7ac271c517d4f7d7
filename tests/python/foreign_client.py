"""A gRPC client that has never seen hufu's contracts: it learns the schema by reflection, as another bureau's program may.

  foreign_client.py TLS... list                      services and their methods
  foreign_client.py TLS... health [SERVICE]
  foreign_client.py TLS... call SERVICE/METHOD       one request as JSON on standard input, one answer
  foreign_client.py TLS... stream SERVICE/METHOD     the same, many answers (--max N ends it after N)
  foreign_client.py TLS... anything --seed N         every method, with requests that nobody should send

TLS is --target HOST:PORT --ca FILE, with --cert FILE --key FILE for a caller's certificate. Standard output carries one JSON
object a line: {"message": ...} for each answer, and {"error": {"code", "message", "details"}} where the call failed. Exit code 1
if it failed, 2 if it could not be made (no such method, a request that is not of its type). Field names are those of the
contract, empty fields are shown, 64-bit integers are strings, as protobuf's JSON has them.
"""

import argparse
import json
import sys
from pathlib import Path

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

from anything import call_everything

KNOWN_DETAILS = [
    error_details_pb2.BadRequest,
    error_details_pb2.ErrorInfo,
    error_details_pb2.LocalizedMessage,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.QuotaFailure,
    error_details_pb2.RequestInfo,
    error_details_pb2.ResourceInfo,
    error_details_pb2.RetryInfo,
]


def main():
    arguments = parse_arguments()
    try:
        with open_channel(arguments) as channel:
            for answer in arguments.command(channel, arguments):
                print_line({"message": answer})
    except grpc.RpcError as error:
        print_line({"error": describe(error)})
        return 1
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", required=True, help="HOST:PORT of the gateway")
    parser.add_argument("--ca", required=True, type=Path, help="PEM file of the authority that signed the gateway")
    parser.add_argument("--cert", type=Path, help="PEM file of the caller's certificate chain")
    parser.add_argument("--key", type=Path, help="PEM file of the caller's private key")
    parser.add_argument("--server-name", help="the name expected in the gateway's certificate, if not HOST")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds until the call is given up")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list").set_defaults(command=list_services)
    health = commands.add_parser("health")
    health.add_argument("service", nargs="?", default="")
    health.set_defaults(command=check_health)
    unary = commands.add_parser("call")
    unary.add_argument("method", metavar="SERVICE/METHOD")
    unary.set_defaults(command=call)
    streaming = commands.add_parser("stream")
    streaming.add_argument("method", metavar="SERVICE/METHOD")
    streaming.add_argument("--max", type=int, help="stop after this many answers")
    streaming.set_defaults(command=stream)
    anything = commands.add_parser("anything")
    anything.add_argument("--seed", type=int, required=True)
    anything.add_argument("--requests", type=int, default=12, help="to each method")
    anything.set_defaults(command=call_everything)
    return parser.parse_args()


def open_channel(arguments):
    read = lambda path: path.read_bytes() if path else None
    credentials = grpc.ssl_channel_credentials(read(arguments.ca), read(arguments.key), read(arguments.cert))
    renamed = [("grpc.ssl_target_name_override", arguments.server_name)] if arguments.server_name else []
    return grpc.secure_channel(arguments.target, credentials, options=renamed)


def list_services(channel, _arguments):
    schema = ProtoReflectionDescriptorDatabase(channel)
    pool = descriptor_pool.DescriptorPool(schema)
    for name in sorted(schema.get_services()):
        yield {"service": name, "methods": [method.name for method in pool.FindServiceByName(name).methods]}


def check_health(channel, arguments):
    request = health_pb2.HealthCheckRequest(service=arguments.service)
    answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=arguments.timeout)
    yield json_format.MessageToDict(answer)


def call(channel, arguments):
    request, answer_type, pool, path = prepare(channel, arguments.method)
    method = channel.unary_unary(path, type(request).SerializeToString, answer_type.FromString)
    yield as_json(method(request, timeout=arguments.timeout), pool)


def stream(channel, arguments):
    request, answer_type, pool, path = prepare(channel, arguments.method)
    method = channel.unary_stream(path, type(request).SerializeToString, answer_type.FromString)
    answers = method(request, timeout=arguments.timeout)
    for count, answer in enumerate(answers, start=1):
        yield as_json(answer, pool)
        if count == arguments.max:
            answers.cancel()
            return


def prepare(channel, name):
    """Asks the gateway for the method's schema and reads the request from standard input by it."""
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    service, _, method_name = name.partition("/")
    try:
        method = pool.FindServiceByName(service).methods_by_name[method_name]
        request = message_factory.GetMessageClass(method.input_type)()
        json_format.Parse(sys.stdin.read() or "{}", request, descriptor_pool=pool)
    except (KeyError, json_format.ParseError) as error:
        print(f"foreign_client: {name}: {error}", file=sys.stderr)
        sys.exit(2)
    return request, message_factory.GetMessageClass(method.output_type), pool, f"/{service}/{method_name}"


def as_json(message, pool):
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, descriptor_pool=pool
    )


def describe(error):
    status = rpc_status.from_call(error)
    details = [describe_detail(detail) for detail in status.details] if status else []
    return {"code": error.code().name, "message": error.details(), "details": details}


def describe_detail(packed):
    for known in KNOWN_DETAILS:
        if packed.Is(known.DESCRIPTOR):
            detail = known()
            packed.Unpack(detail)
            return {"type": known.DESCRIPTOR.name, **json_format.MessageToDict(detail, preserving_proto_field_name=True)}
    return {"type": packed.TypeName()}


def print_line(value):
    print(json.dumps(value, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
