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
