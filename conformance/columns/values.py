"""Random Arrow types, and arrays of them with what is at the edges of each."""

import decimal
import json

import pyarrow as pa

EXACT = decimal.Context(prec=100)
UNITS = ("s", "ms", "us", "ns")
ZONES = (None, "UTC", "Europe/Berlin", "+05:45")
TEXTS = (
    "",
    " ",
    "a",
    "A",
    "NULL",
    "null",
    "0",
    "\0",
    "\n",
    '"',
    "'",
    "\\",
    "é",
    "e\u0301",
    "日本",
    "😀",
    "\ufeff",
    "z" * 300,
)
# Bits of -0.0, 0.0, inf, -inf, the usual NaN, NaNs with a sign and a payload, the smallest and the largest number.
FLOATS = {
    16: (0x8000, 0, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7D55, 1, 0x7BFF),
    32: (1 << 31, 0, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7FA00001, 1, 0x7F7FFFFF),
    64: (
        1 << 63,
        0,
        0x7FF << 52,
        0xFFF << 52,
        0x7FF8 << 48,
        (0xFFF8 << 48) + 1,
        (0x7FF4 << 48) + 1,
        1,
        0x7FEFFFFFFFFFFFFF,
    ),
}
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def flat_type(rng):
    """Any type that holds no others."""
    precision = rng.choice([1, 2, 9, 10, 18, 19, 28, 29, 38, rng.randint(1, 38)])
    wide = rng.randint(1, 76)
    kinds = [
        [pa.null(), pa.bool_()],
        [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()],
        [pa.float16(), pa.float32(), pa.float64()],
        [
            pa.decimal128(precision, rng.randint(0, precision)),
            pa.decimal256(wide, rng.randint(0, wide)),
            pa.decimal32(min(precision, 9), 1),
            pa.decimal64(min(precision, 18), 1),
        ],
        [pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")],
        [
            pa.timestamp(rng.choice(UNITS), rng.choice(ZONES)),
            pa.timestamp(rng.choice(UNITS)),
            pa.duration(rng.choice(UNITS)),
        ],
        [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.binary(rng.choice([1, 2, 16, 33]))],
        [pa.string_view(), pa.binary_view(), pa.uuid(), pa.json_(), pa.bool8(), pa.month_day_nano_interval()],
        [
            pa.dictionary(
                rng.choice([pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8()]),
                rng.choice([pa.string(), pa.large_string(), pa.binary(), pa.int32(), pa.float64(), pa.date32()]),
            )
        ],
    ]
    return rng.choice(rng.choice(kinds))


def any_type(rng, depth=3):
    """Any type, nested up to so deep."""
    if depth == 0 or rng.random() < 0.65:
        return flat_type(rng)
    field = lambda name: a_field(rng, name, any_type(rng, depth - 1))
    kind = rng.randrange(6)
    if kind == 0:
        return pa.list_(field("item"))
    if kind == 1:
        return pa.large_list(field("element"))
    if kind == 2:
        return pa.list_(field("item"), rng.randint(1, 3))
    if kind == 3:
        return pa.map_(rng.choice([pa.string(), pa.int32(), pa.int64()]), field("value"))
    # An empty one now and then, of which Parquet knows nothing.
    names = [f"m{at}" for at in range(rng.choice([0, 1, 1, 2, 2, 3, 3]))]
    return pa.struct([field(name) for name in names])


def a_field(rng, name, kind, metadata=None):
    nullable = pa.types.is_null(kind) or rng.random() < 0.8
    return pa.field(name, kind, nullable=nullable, metadata=metadata)


class Values:
    """Arrays. With `near`, times lie in the years that 64 bits of nanoseconds reach; with `coarse`, none is finer than a
    microsecond.
    """

    def __init__(self, rng, near, coarse):
        self.rng = rng
        self.near = near
        self.coarse = coarse
        self.nulls = rng.choice([0, 0.1, 0.5, 0.95])
        # Few different values make dictionaries, many make other encodings.
        self.few = rng.random() < 0.4

    def array(self, kind, length, nullable=True):
        rng = self.rng
        is_null = [nullable and rng.random() < self.nulls for _ in range(length)]
        if pa.types.is_null(kind):
            return pa.nulls(length)
        if isinstance(kind, pa.BaseExtensionType):
            storage = self.array(kind.storage_type, length, nullable)
            if kind == pa.json_():
                storage = pa.array(
                    [text if text is None else json.dumps(text) for text in storage.to_pylist()], storage.type
                )
            return pa.ExtensionArray.from_storage(kind, storage)
        if pa.types.is_dictionary(kind):
            entries = rng.randint(1, 20)
            texts = self.array(kind.value_type, entries, nullable=False)
            places = [None if null else rng.randrange(entries) for null in is_null]
            return pa.DictionaryArray.from_arrays(pa.array(places, kind.index_type), texts)
        if pa.types.is_struct(kind):
            return self.struct(kind, is_null)
        if pa.types.is_fixed_size_list(kind):
            inner = self.array(kind.value_type, length * kind.list_size, kind.value_field.nullable)
            return pa.FixedSizeListArray.from_arrays(inner, type=kind, mask=pa.array(is_null, pa.bool_()))
        if pa.types.is_map(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return self.lists(kind, is_null)
        drawn = [self.value(kind) for _ in range(1 + rng.randrange(5))] if self.few else None
        values = [None if null else rng.choice(drawn) if drawn else self.value(kind) for null in is_null]
        stored = stored_as(kind)
        return pa.array(values, stored).view(kind) if stored else pa.array(values, kind)

    def struct(self, kind, is_null):
        fields = [kind.field(at) for at in range(kind.num_fields)]
        arrays = [self.array(field.type, len(is_null), field.nullable) for field in fields]
        if not fields:
            return pa.array([None if null else {} for null in is_null], kind)
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=pa.array(is_null, pa.bool_()))

    def lists(self, kind, is_null):
        offsets, end = [], 0
        for null in is_null:
            offsets.append(None if null else end)
            end += 0 if null else self.rng.choice([0, 0, 1, 2, 3])
        offsets.append(end)
        if pa.types.is_map(kind):
            # Keys must differ within a map.
            keys = pa.array([str(at) if pa.types.is_string(kind.key_type) else at for at in range(end)], kind.key_type)
            items = self.array(kind.item_type, end, kind.item_field.nullable)
            return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items, type=kind)
        inner = self.array(kind.value_type, end, kind.value_field.nullable)
        if pa.types.is_large_list(kind):
            return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), inner, type=kind)
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner, type=kind)

    def value(self, kind):
        """What `pa.array` takes for the type, or for the one that it is stored as."""
        rng = self.rng
        if pa.types.is_boolean(kind):
            return rng.random() < 0.5
        if pa.types.is_integer(kind):
            low = 0 if pa.types.is_unsigned_integer(kind) else -(1 << (kind.bit_width - 1))
            high = low + (1 << kind.bit_width) - 1
            return rng.choice([low, high, 0, 1, rng.randint(low, high), rng.randint(0, 100)])
        if pa.types.is_floating(kind):
            return rng.choice([*FLOATS[kind.bit_width], *(rng.getrandbits(kind.bit_width) for _ in range(6))])
        if pa.types.is_decimal(kind):
            most = 10**kind.precision - 1
            unscaled = rng.choice([most, -most, 0, 1, -1, rng.randint(-most, most)])
            return decimal.Decimal(unscaled).scaleb(-kind.scale, EXACT)
        if pa.types.is_date32(kind):
            return rng.choice([-719162, 0, 20000, 2932896, rng.randint(-719162, 2932896)])
        if pa.types.is_date64(kind):
            return rng.randint(-719162, 2932896) * 86_400_000
        if pa.types.is_time(kind):
            day = 86_400 * 10**9 // NANOSECONDS[kind.unit]
            return rng.choice([0, day - 1, rng.randrange(day)])
        if pa.types.is_timestamp(kind):
            return self.instant(kind.unit)
        if pa.types.is_duration(kind):
            return rng.choice([0, -1, 1, rng.randint(-(10**12), 10**12)])
        if kind == pa.month_day_nano_interval():
            return pa.MonthDayNano([rng.randint(-99, 99), rng.randint(-99, 99), rng.randint(-99, 99)])
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
            return rng.choice(TEXTS) + (str(rng.randrange(1000)) if rng.random() < 0.5 else "")
        if pa.types.is_fixed_size_binary(kind):
            return rng.choice([bytes(kind.byte_width), rng.randbytes(kind.byte_width)])
        return rng.choice([b"", b"\xff", b"\0", b"a", rng.randbytes(rng.randrange(40))])

    def instant(self, unit):
        if unit == "ns" and self.coarse:
            return 1000 * self.rng.randint(-9 * 10**15, 9 * 10**15)
        tick = NANOSECONDS[unit]
        if self.near or unit == "ns":
            edge = 9 * 10**18 // tick
        else:
            # The years 1 to 9999, beyond which readers have calendars of their own.
            first, last = -62_135_596_800 * 10**9 // tick, 253_402_300_799 * 10**9 // tick
            return self.rng.choice([first, last, 0, -1, self.rng.randint(first, last)])
        return self.rng.choice([-edge, edge, 0, -1, self.rng.randint(-edge, edge), 1_770_000_000 * 10**9 // tick])


def stored_as(kind):
    """The numbers that an array of the type is made of, where Python's values have not all bits or days of it."""
    if pa.types.is_floating(kind):
        return {16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[kind.bit_width]
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.int32()
    if pa.types.is_temporal(kind) and kind != pa.month_day_nano_interval():
        return pa.int64()
    return None
