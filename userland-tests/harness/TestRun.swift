import Libmnos

/// Runs an area's facts and reports to the console; what a test program's `run` calls.
///
/// - Returns: 0 if all facts hold, 1 if not, 2 if the program was not given what it needs.
public func runTests(
  _ area: StaticString, _ start: inout StartContext, _ body: (inout TestSuite) -> Void
) -> UInt64 {
  guard let console = try? start.take(ShortName("console"), as: SendEndpoint.self) else { return 2 }
  guard var suite = TestSuite(area, start, output: LineOutput(to: console)) else { return 2 }
  body(&suite)
  return suite.finish()
}

/// The same for a program that the kernel starts in init's place: reports to the kernel's log,
/// and turns the machine off.
///
/// - Returns: As above, where the machine cannot be turned off.
public func runTestsAsInit(
  _ area: StaticString, _ start: inout StartContext, _ boot: BootInfo,
  _ body: (inout TestSuite) -> Void
) -> UInt64 {
  let output = LineOutput(toLogOf: Handle(rawValue: boot.machine))
  guard var suite = TestSuite(area, start, output: output) else { return 2 }
  body(&suite)
  let value = suite.finish()
  let machine = Machine(adopting: Handle(rawValue: boot.machine))
  try? machine.powerOff()
  return value
}
