"""Whether two Arrow arrays are the same to the bit, which `equals` does not tell of NaN."""

import pyarrow as pa
import pyarrow.compute as pc

BITS = {2: pa.uint16(), 4: pa.uint32(), 8: pa.uint64()}


def difference(left, right):
    """None when both hold the same, else what differs first."""
    if left.type != right.type:
        return f"type {left.type} became {right.type}"
    if len(left) != len(right):
        return f"{len(left)} values became {len(right)}"
    if same(left, right):
        return None
    for row in range(len(left)):
        if not same(left.slice(row, 1), right.slice(row, 1)):
            return f"row {row}: {spelled(left[row])} became {spelled(right[row])}"
    return "the arrays as a whole"


def whole(array):
    if isinstance(array, pa.ChunkedArray):
        return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    return array


def spelled(scalar):
    try:
        return repr(scalar.as_py())
    except (ValueError, OverflowError):  # Python's calendar is shorter
        return str(scalar)


def same(left, right):
    try:
        return same_bits(left, right)
    except pa.ArrowNotImplementedError:
        # pyarrow cannot take apart everything that it can hold, such as JSON in lists. What is shown has no bits of NaN.
        return [spelled(value) for value in left] == [spelled(value) for value in right]


def same_bits(left, right):
    left, right = whole(left), whole(right)
    if len(left) != len(right) or left.type != right.type:
        return False
    kind = left.type
    if isinstance(kind, pa.BaseExtensionType):
        return same_bits(left.storage, right.storage)
    if pa.types.is_null(kind):
        return True
    if pa.types.is_dictionary(kind):
        return same_bits(left.dictionary_decode(), right.dictionary_decode())
    if not left.is_valid().equals(right.is_valid()):
        return False
    if pa.types.is_floating(kind):
        bits = BITS[kind.bit_width // 8]
        return left.drop_null().view(bits).equals(right.drop_null().view(bits))
    if pa.types.is_map(kind):
        lengths = [pc.subtract(array.offsets[1:], array.offsets[:-1]) for array in (left, right)]
        left, right = left.drop_null(), right.drop_null()
        return (
            lengths[0].equals(lengths[1])
            and same_bits(of_range(left, left.keys), of_range(right, right.keys))
            and same_bits(of_range(left, left.items), of_range(right, right.items))
        )
    if pa.types.is_fixed_size_list(kind):
        return same_bits(left.drop_null().flatten(), right.drop_null().flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pc.list_value_length(left).equals(pc.list_value_length(right)) and same_bits(
            left.flatten(), right.flatten()
        )
    if pa.types.is_struct(kind):
        # `flatten` gives the fields the NULLs of their struct.
        return all(map(same_bits, left.flatten(), right.flatten()))
    return left.equals(right)


def of_range(array, entries):
    """The entries that lie in the maps of this array, which may be a piece of a longer one."""
    if len(array) == 0:
        return entries.slice(0, 0)
    first, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    return entries.slice(first, end - first)
