import Libmnos
import TestHarness

/// Does what must work.
@discardableResult
func doing<R>(
  line: UInt = #line, _ body: () throws(FileSystemError) -> R
) throws(Unexpected) -> R {
  do throws(FileSystemError) {
    return try body()
  } catch {
    try expect(error.rawValue, equals: 0, "status of the file service", line: line)
    // The line above throws.
    fatalError()
  }
}

/// Expects a request to be refused so.
func expectFailure<R>(
  _ failure: FileSystemError, line: UInt = #line, _ body: () throws(FileSystemError) -> R
) throws(Unexpected) {
  var found: UInt64 = 0
  do throws(FileSystemError) {
    _ = try body()
  } catch {
    found = error.rawValue
  }
  try expect(found, equals: failure.rawValue, "status of the file service", line: line)
}

func expectSame(
  _ found: [UInt8], _ wanted: [UInt8], _ what: StaticString, line: UInt = #line
) throws(Unexpected) {
  try expect(UInt64(found.count), equals: UInt64(wanted.count), what, line: line)
  for index in found.indices where found[index] != wanted[index] {
    try expect(UInt64(found[index]), equals: UInt64(wanted[index]), what, line: line)
  }
}

/// A path as it is sent.
func path(_ text: StaticString) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.write(text)
  return bytes
}

/// The same with a number of four digits behind it.
func path(_ text: StaticString, _ number: Int) -> [UInt8] {
  var bytes = path(text)
  bytes.write(decimal: UInt64(number), width: 4, padding: 0x30)
  return bytes
}

/// Bytes of which none is like its neighbours, nor like those of another seed.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  for _ in 0..<count {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    bytes.append(UInt8(truncatingIfNeeded: state >> 56))
  }
  return bytes
}
