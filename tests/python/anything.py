"""Calls every method of hufu's own services with requests that nobody should send, and tells how each was answered."""

import random

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

# Part of what a field gets is plausible, so that a request comes past the first check.
TEXTS = [
    "", "x", "3715", "371502", "370000", "0183bf67-e9ca-74d1-a3fb-2cd69c03a71b", "person_resubmitted", "wang.min", "2022-10",
    "2022-10-10", "job-expansion-2022", "91371502MA3J9558X4", "\u202e<script>alert(1)</script>", "=1+1", "张三", "\x00", "x" * 70_000,
]
NUMBERS = {
    Field.TYPE_INT32: [0, 1, -1, 2**31 - 1, -(2**31)],
    Field.TYPE_INT64: [0, 1, -1, 2**63 - 1, -(2**63)],
    Field.TYPE_UINT32: [0, 1, 2**32 - 1],
    Field.TYPE_UINT64: [0, 1, 2**64 - 1],
    Field.TYPE_ENUM: [0, 1, 2, 3, 99, -1],
    Field.TYPE_BOOL: [False, True],
    Field.TYPE_STRING: TEXTS,
    Field.TYPE_BYTES: [b"", b"\xff" * 5, b"\xff" * 5_000],
}
DEPTH_MAX = 4
ANSWERS_READ = 3


def call_everything(channel, arguments):
    """For each method its answers' codes, and the requests after which the gateway was at fault."""
    schema = ProtoReflectionDescriptorDatabase(channel)
    pool = descriptor_pool.DescriptorPool(schema)
    for name in sorted(schema.get_services()):
        if not name.startswith("hufu."):
            continue
        for method in pool.FindServiceByName(name).methods:
            chance = random.Random(f"{arguments.seed} {method.full_name}")
            codes, faults = [], []
            for number in range(arguments.requests):
                request = message_factory.GetMessageClass(method.input_type)()
                if number > 0:
                    fill(request, chance)
                code = send(channel, method, request, arguments.timeout)
                codes.append(code)
                if code in ("INTERNAL", "UNKNOWN", "DATA_LOSS"):
                    faults.append(str(request)[:500])
            yield {"method": f"{name}/{method.name}", "codes": codes, "faults": faults}


def fill(message, chance, depth=0):
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.4 or depth == DEPTH_MAX:
            continue
        many = chance.choice([0, 1, 3]) if field.is_repeated else 1
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        for _ in range(many):
            if field.message_type:
                part = getattr(message, field.name)
                part = part.add() if field.is_repeated else part
                part.SetInParent()
                fill(part, chance, depth + 1)
            elif field.is_repeated:
                getattr(message, field.name).append(chance.choice(NUMBERS[field.type]))
            else:
                setattr(message, field.name, chance.choice(NUMBERS[field.type]))


def send(channel, method, request, timeout):
    kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    answer_type = message_factory.GetMessageClass(method.output_type)
    path = f"/{method.containing_service.full_name}/{method.name}"
    call = getattr(channel, kind)(path, type(request).SerializeToString, answer_type.FromString)
    try:
        answers = call(iter([request]) if method.client_streaming else request, timeout=timeout)
        if method.server_streaming:
            for count, _ in enumerate(answers, start=1):
                if count == ANSWERS_READ:
                    answers.cancel()
                    break
        return "OK"
    except grpc.RpcError as error:
        return error.code().name
