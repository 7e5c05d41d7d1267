"""Operations on vectors of bytes, for Numba kernels whose loops do not compile to good ones.

Each function writes LLVM's portable instructions for vectors of 64 bytes. LLVM turns them into
those of the processor, such as AVX-512, AVX2 or NEON, and the results are the same with all of
them.

A kernel has to call these functions through the module, as in `vectors.copied(...)`, and to have
`vectors.STAMP` among its sizes. An intrinsic among the local variables of a kernel would look
different to Numba in each process, so that it would never find the kernel in its cache. A module
always looks the same, also where its code has changed: then the stamp gives the kernel another
name.

The arrays are flat, contiguous and uint8. `..._at` and `..._stride` are indices and steps in them
[bytes], which are not checked. What is marked as constant is a literal, or a whole number among the
local variables around a kernel; anything else raises a TypingError.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 64  # [bytes] of a vector
STAMP = zlib.crc32(Path(__file__).read_bytes())  # changes with the code below

BYTE, SHORT, INT = (ir.IntType(bits) for bits in (8, 16, 32))


@intrinsic
def aligned(typing, array):
    """The first index of an array, int64, at which a load of a vector reads one line of a cache."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.ptrtoint(array.data, ir.IntType(64))
        return builder.and_(builder.neg(address), ir.Constant(ir.IntType(64), LANES - 1))

    return types.int64(array), generate


@intrinsic(prefer_literal=True)
def copied(typing, source, source_at, target, target_at, count):
    """Copy `count` bytes between arrays that do not overlap.

    A constant count becomes a few moves of whole vectors, which read and write nothing else: 21
    bytes are the first 16 and the last 16 of them. A loop would be compiled to one move a byte,
    because arrays may overlap.
    """
    kinds = source, types.uint64, target, types.uint64, count

    def generate(context, builder, signature, arguments):
        source, source_at, target, target_at, count = arguments
        if isinstance(signature.args[4], types.IntegerLiteral):
            count = ir.Constant(ir.IntType(64), signature.args[4].literal_value)
        source = _pointer(context, builder, signature.args[0], source, source_at)
        target = _pointer(context, builder, signature.args[2], target, target_at)
        cgutils.raw_memcpy(builder, target, source, count, 1)
        return context.get_dummy_value()

    return types.void(*kinds), generate


@intrinsic
def filled(typing, target, target_at, vectors, code):
    """Set so many vectors, each of LANES bytes, to a code.

    A loop over bytes would be compiled to one move a byte.
    """
    kinds = target, types.uint64, vectors, types.uint8

    def generate(context, builder, signature, arguments):
        target, target_at, count, code = arguments
        first = _pointer(context, builder, signature.args[0], target, target_at)
        kind = _vector(BYTE, LANES)
        empty = ir.Constant(kind, ir.Undefined)
        one = builder.insert_element(empty, code, ir.Constant(INT, 0))
        all_lanes = ir.Constant(_vector(INT, LANES), [0] * LANES)
        codes = builder.shuffle_vector(one, empty, all_lanes)
        with cgutils.for_range(builder, count) as loop:
            at = builder.mul(loop.index, ir.Constant(loop.index.type, LANES))
            pointer = builder.bitcast(builder.gep(first, [at]), kind.as_pointer())
            builder.store(codes, pointer, align=1)
        return context.get_dummy_value()

    return types.void(*kinds), generate


@intrinsic(prefer_literal=True)
def rows_distance(typing, query, query_at, query_stride, key, key_at, key_stride, rows, row_bytes):
    """Summed squared difference, int32, of so many rows of a query patch and of a key patch.

    rows, row_bytes: constant. Whole vectors are read, so up to LANES - 1 bytes after the last row
    have to be there; what they hold does not matter.

    The vectors of all rows are added up lane by lane, and the lanes only once at the end: that last
    sum takes as long as comparing a row.
    """
    if not all(isinstance(kind, types.IntegerLiteral) for kind in (rows, row_bytes)):
        return None
    at = types.uint64
    signature = types.int32(query, at, at, key, at, at, rows, row_bytes)

    def generate(context, builder, signature, arguments):
        query, query_at, query_stride, key, key_at, key_stride, _, _ = arguments
        rows, row_bytes = (kind.literal_value for kind in signature.args[6:])
        sums = {}  # of each length of vectors
        for row in range(rows):
            of_query = _pointer(context, builder, signature.args[0], query, query_at)
            of_key = _pointer(context, builder, signature.args[3], key, key_at)
            for first in range(0, row_bytes, LANES):
                used = min(LANES, row_bytes - first)
                lanes = next(n for n in (16, 32, 64) if n >= used)
                one, other = (
                    builder.zext(_load(builder, pointer, first, lanes), _vector(SHORT, lanes))
                    for pointer in (of_query, of_key)
                )
                squares = _squared(builder, builder.sub(one, other), used)
                total = sums.get(lanes)
                sums[lanes] = squares if total is None else builder.add(total, squares)
            if row < rows - 1:
                query_at = builder.add(query_at, query_stride)
                key_at = builder.add(key_at, key_stride)
        total = ir.Constant(INT, 0)
        for squares in sums.values():
            total = builder.add(total, _summed(builder, squares))
        return total

    return signature, generate


@intrinsic(prefer_literal=True)
def ranked(typing, rows, at, stride, count, ranks, ranks_at, found, found_at, most):
    """In each of LANES lanes the code of a rank among the codes of `count` rows.

    rows: row number n has its lanes at `at` + n * `stride`. ranks: the rank of each lane, counted
    from 1; uint8, or uint16 where `most` is above 255, and then counted in elements by `ranks_at`.
    found: gets the codes. most: constant, the most rows that there may be.

    The bits of all codes are found from the highest to the lowest: a bit is set where fewer codes
    than the rank are below the number that has it. Every lane takes the same steps, so there are no
    branches, which would be mispredicted half of the time.
    """
    if not isinstance(most, types.IntegerLiteral):
        return None
    at_ = types.uint64
    signature = types.void(rows, at_, at_, at_, ranks, at_, found, at_, most)

    def generate(context, builder, signature, arguments):
        rows, at, stride, count, ranks, ranks_at, found, found_at, _ = arguments
        # The narrowest counters that can hold all votes: more of them fit a vector.
        counter = BYTE if signature.args[8].literal_value < 256 else SHORT
        counters, codes = _vector(counter, LANES), _vector(BYTE, LANES)
        ranks = _pointer(context, builder, signature.args[4], ranks, ranks_at)
        rank = builder.load(builder.bitcast(ranks, counters.as_pointer()), align=1)
        first = _pointer(context, builder, signature.args[0], rows, at)
        below = cgutils.alloca_once(builder, counters)
        found_codes = cgutils.alloca_once_value(builder, ir.Constant(codes, [0] * LANES))
        bit = cgutils.alloca_once_value(builder, ir.Constant(codes, [128] * LANES))
        # A loop over the bits: LLVM would take longer to compile eight copies of what is in it.
        with cgutils.for_range(builder, ir.Constant(ir.IntType(64), 8)):
            tried = builder.or_(builder.load(found_codes), builder.load(bit))
            builder.store(ir.Constant(counters, [0] * LANES), below)
            with cgutils.for_range(builder, count) as loop:
                row = builder.gep(first, [builder.mul(loop.index, stride)])
                is_below = builder.icmp_unsigned("<", _load(builder, row, 0, LANES), tried)
                # A true lane is -1 as a number.
                more = builder.sub(builder.load(below), builder.sext(is_below, counters))
                builder.store(more, below)
            fewer = builder.icmp_unsigned("<", builder.load(below), rank)
            chosen = builder.select(fewer, tried, builder.load(found_codes))
            builder.store(chosen, found_codes)
            one = ir.Constant(codes, [1] * LANES)
            builder.store(builder.lshr(builder.load(bit), one), bit)
        found = _pointer(context, builder, signature.args[6], found, found_at)
        found = builder.bitcast(found, codes.as_pointer())
        builder.store(builder.load(found_codes), found, align=1)
        return context.get_dummy_value()

    return signature, generate


def _vector(kind: ir.Type, lanes: int) -> ir.VectorType:
    return ir.VectorType(kind, lanes)


def _pointer(context, builder, kind, array, at):
    """The address of an element of a flat array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


def _load(builder, pointer, first: int, lanes: int):
    """A vector of bytes that lie `first` bytes after an address, which need not be aligned."""
    pointer = builder.gep(pointer, [ir.Constant(ir.IntType(64), first)])
    pointer = builder.bitcast(pointer, _vector(BYTE, lanes).as_pointer())
    return builder.load(pointer, align=1)


def _squared(builder, differences, used: int):
    """The squares of lanes of int16, as int32; 0 in those that do not count.

    used: the lanes that count. As all lanes are added up in the end, LLVM may add up neighbouring
    ones at once: x86 has an instruction that squares and adds pairs of int16.
    """
    lanes = differences.type.count
    if used < lanes:
        mask = ir.Constant(differences.type, [-1] * used + [0] * (lanes - used))
        differences = builder.and_(differences, mask)
    wide = builder.sext(differences, _vector(INT, lanes))
    return builder.mul(wide, wide)


def _summed(builder, vector):
    """The sum of the lanes of a vector of int32."""
    kind = ir.FunctionType(INT, [vector.type])
    name = f"llvm.vector.reduce.add.v{vector.type.count}i32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [vector])
