import Libmnos

/// Runs the facts of one area and reports each in a line.
public struct TestSuite: ~Copyable {
  private let area: StaticString
  private var output: LineOutput
  private var scope: Scope
  private let code: Handle
  private let start: (memory: UInt64, objects: UInt64, held: UInt64)
  private var failedCount: UInt64 = 0

  /// - Returns: nil if the program's budget does not even give what every fact needs.
  init?(_ area: StaticString, _ context: borrowing StartContext, output: consuming LineOutput) {
    let (process, thread) = (context.process.handle, context.thread.handle)
    let budget = context.budget.handle
    guard let code = Self.makeCode(budget) else { return nil }
    self.area = area
    self.code = code
    self.output = output
    scope = Scope(process: process, thread: thread, budget: budget, code: code)
    Self.growTable(budget)
    start = Self.usage(process, budget)
  }

  /// Checks one fact.
  public mutating func fact(
    _ name: StaticString, _ body: (inout Scope) throws(Unexpected) -> Void
  ) {
    do throws(Unexpected) {
      try body(&scope)
      report(name)
    } catch {
      report(name, error)
    }
    scope.cleanUp()
  }

  /// Says that a fact does not apply to this machine, and why, so that every machine reports
  /// the same names.
  public mutating func inapplicable(_ name: StaticString, because reason: StaticString) {
    output.write("skip ")
    writeName(name)
    output.write(": ")
    output.write(reason)
    output.writeLine()
  }

  /// Checks that nothing was left behind, and says how it all went.
  ///
  /// - Returns: The program's exit value.
  mutating func finish() -> UInt64 {
    let start = start
    fact("leavesNothingBehind") { (scope) throws(Unexpected) in
      try expectGivenBack(to: scope.budget, leaving: start.memory)
      let now = Self.usage(scope.process, scope.budget)
      try expect(now.objects, equals: start.objects, "objects charged to the budget")
      try expect(now.memory, equals: start.memory, "bytes charged to the budget")
      try expect(now.held, equals: start.held, "capabilities held")
    }
    output.write(failedCount == 0 ? "PASS\n" : "FAIL\n")
    return failedCount == 0 ? 0 : 1
  }

  // MARK: Reporting

  private mutating func report(_ name: StaticString) {
    output.write("ok ")
    writeName(name)
    output.writeLine()
  }

  private mutating func report(_ name: StaticString, _ failure: Unexpected) {
    failedCount += 1
    output.write("not ok ")
    writeName(name)
    output.write(": ")
    output.write(failure.what)
    if failure.hasValues {
      output.write(" is 0x")
      output.write(hexadecimal: failure.found)
      output.write(", not 0x")
      output.write(hexadecimal: failure.wanted)
    }
    output.write(" (line ")
    output.write(decimal: UInt64(failure.line))
    output.write(")\n")
  }

  private mutating func writeName(_ name: StaticString) {
    output.write(area)
    output.write(byte: 0x2e)
    output.write(name)
  }

  // MARK: Setting up

  /// Memory with the code of remote threads, mapped in this process.
  ///
  /// It is written through a mapping of its own, since no mapping gets rights by `protect`
  /// that `map` did not give it.
  private static func makeCode(_ budget: Handle) -> Handle? {
    let made = KernelCalls.create(.memory, from: budget, Limits.pageByteCount)
    let window = Scope.firstAddress
    guard made.isStatus(.ok), KernelCalls.map(made.handle, at: window).isStatus(.ok) else {
      return nil
    }
    // SAFETY: just mapped.
    guard RemoteCode.copy(to: unsafe ControlPage(at: window)),
      KernelCalls.unmap(window).isStatus(.ok),
      KernelCalls.map(
        made.handle, at: Scope.codeAddress, rights: Rights.read.union(.execute)
      ).isStatus(.ok)
    else { return nil }
    return made.handle
  }

  /// Has the table grow to what facts need: a table never shrinks.
  private static func growTable(_ budget: Handle) {
    let source = KernelCalls.create(.notification, from: budget).handle
    for _ in 0..<400 { _ = KernelCalls.copy(source) }
    _ = KernelCalls.copy(source, slot: TestSuite.namedSlot)
    _ = KernelCalls.revoke(source)
    _ = KernelCalls.delete(source)
  }

  /// A slot far behind those in use, for facts that name one.
  public static var namedSlot: UInt16 { 900 }

  private static func usage(
    _ process: Handle, _ budget: Handle
  ) -> (memory: UInt64, objects: UInt64, held: UInt64) {
    let charged = KernelCalls.query(budget)
    return (charged.word(1), charged.word(3), KernelCalls.query(process).word(5))
  }
}
