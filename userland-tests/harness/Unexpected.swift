import Libmnos

/// Why a fact does not hold.
public struct Unexpected: Error {
  let what: StaticString
  let found: UInt64
  let wanted: UInt64
  let line: UInt
  /// Whether `found` and `wanted` say anything.
  let hasValues: Bool
}

/// Fails unless a call answered `status`.
@discardableResult
public func expect(
  _ outcome: Outcome, _ status: SyscallStatus = .ok, line: UInt = #line
) throws(Unexpected) -> Outcome {
  guard outcome.isStatus(status) else {
    throw Unexpected(
      what: "status", found: outcome.statusCode, wanted: UInt64(status.rawValue), line: line,
      hasValues: true)
  }
  return outcome
}

/// Fails unless a call refused argument `index`.
public func expectBadArgument(
  _ outcome: Outcome, _ index: UInt64, line: UInt = #line
) throws(Unexpected) {
  try expect(outcome, .badArgument, line: line)
  try expect(outcome.value, equals: index, "index of the bad argument", line: line)
}

/// Fails unless two numbers are equal.
public func expect(
  _ found: UInt64, equals wanted: UInt64, _ what: StaticString = "value", line: UInt = #line
) throws(Unexpected) {
  guard found == wanted else {
    throw Unexpected(what: what, found: found, wanted: wanted, line: line, hasValues: true)
  }
}

/// Fails unless `condition` holds.
public func expect(
  _ condition: Bool, _ what: StaticString, line: UInt = #line
) throws(Unexpected) {
  guard condition else {
    throw Unexpected(what: what, found: 0, wanted: 0, line: line, hasValues: false)
  }
}

/// Fails unless a budget's charges fall to so many bytes: the end of something large goes on in
/// turns with whoever caused it, by time slices.
public func expectGivenBack(
  to budget: Handle, leaving bytes: UInt64, line: UInt = #line
) throws(Unexpected) {
  let patience = KernelCalls.patience()
  while true {
    let charged = try expect(KernelCalls.query(budget), line: line).word(1)
    if charged <= bytes { return }
    guard KernelCalls.clock() < patience else {
      throw Unexpected(
        what: "bytes charged", found: charged, wanted: bytes, line: line, hasValues: true)
    }
  }
}
