import Libmnos
import TestHarness

/// Facts about the file service that every program is given: what it answers, request by request.
@main
struct FileTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    guard let service: SendEndpoint = try? start.take(ShortName("files")) else { return 2 }
    let stress = Stress(start, service)
    let files = Files(service)
    return runTests("files", &start) { (suite) in
      checkReading(&suite, files)
      checkOffsets(&suite, files)
      checkRefusedFiles(&suite, files)
      checkPaths(&suite, files)
      checkPermissions(&suite, files)
      checkLists(&suite, files)
      checkStatus(&suite, files)
      checkRenames(&suite, files)
      checkLoans(&suite, files)
      checkSpace(&suite, files)
      stress.check(&suite, files)
    }
  }
}
