import Foundation
import ToolSetup
import ToolSupport

@main
struct Main {
  static func main() {
    do {
      try Command.run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      Report.failure(error.message)
      exit(error.exitStatus)
    }
  }
}
