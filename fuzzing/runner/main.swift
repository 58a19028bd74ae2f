import Foundation
import FuzzHarness
import FuzzTargets

// What `tools/mnos fuzz` runs, one target a process; a trap ends the process, and the tool sees it.

let arguments = Array(CommandLine.arguments.dropFirst())
let status: Int32
switch arguments.first {
case "list":
  for target in FuzzTargets.all { say("\(target.name) \(target.summary)") }
  say(LibFuzzer.isLinked ? "libfuzzer linked" : "libfuzzer missing")
  status = 0
case "seeds": status = RunnerCommands.writeSeeds(Array(arguments.dropFirst()))
case "mutate": status = RunnerCommands.mutate(Array(arguments.dropFirst()))
case "guide": status = RunnerCommands.guide(Array(arguments.dropFirst()))
case "explain": status = RunnerCommands.explain(Array(arguments.dropFirst()))
default:
  say("mnos-fuzz: run it through 'tools/mnos fuzz'")
  status = 2
}
exit(status)
