import Foundation
import FuzzHarness
import FuzzTargets

/// The commands of the runner; each returns the exit status.
enum RunnerCommands {
  private static func target(_ name: String?) -> FuzzTarget? {
    guard let name, let target = FuzzTargets.named(name) else {
      say("mnos-fuzz: no target '\(name ?? "")'")
      return nil
    }
    return target
  }

  private static func pool(for target: FuzzTarget, _ folder: String) -> [[UInt8]] {
    KeptCorpus(folder: folder).pool(for: target, among: FuzzTargets.all)
  }

  /// `seeds TARGET CORPORA FOLDER`: writes what a fuzzer begins with.
  static func writeSeeds(_ arguments: [String]) -> Int32 {
    guard arguments.count == 3, let target = target(arguments[0]) else { return 2 }
    for (index, bytes) in pool(for: target, arguments[1]).enumerated() {
      let path = "\(arguments[2])/seed-\(index)"
      guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { return 1 }
    }
    return 0
  }

  /// `guide TARGET OPTIONS...`: libFuzzer.
  static func guide(_ arguments: [String]) -> Int32 {
    guard let target = target(arguments.first) else { return 2 }
    return LibFuzzer.run(
      target, ["-max_len=\(target.mostBytes)"] + arguments.dropFirst())
  }

  /// `mutate TARGET CORPORA SEED SECONDS COUNT HELD`: the project's own mutations, which know
  /// nothing of coverage. 0 seconds or runs are no limit.
  static func mutate(_ arguments: [String]) -> Int32 {
    guard arguments.count == 6, let target = target(arguments[0]),
      let seed = UInt64(arguments[2]), let seconds = Double(arguments[3]),
      let most = Int(arguments[4])
    else { return 2 }
    let held = CurrentInput(path: arguments[5], mostBytes: 1 << 20)
    var mutator = FuzzMutator(seed: seed, pool: pool(for: target, arguments[1]))
    let start = ContinuousClock.now
    var (runs, accepted, reported) = (0, 0, 0)
    while most == 0 || runs < most {
      let bytes = mutator.next(for: target)
      held?.hold(bytes)
      do throws(BrokenPromise) {
        if case .accepted = try target.outcome(of: bytes, isRepeated: runs % 16 == 0) {
          accepted += 1
        }
      } catch {
        fatalError("broken promise: \(error.text)")
      }
      runs += 1
      guard runs % 64 == 0 else { continue }
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      if Int(elapsed / 10) > reported {
        reported = Int(elapsed / 10)
        say("\(target.name): \(runs) runs, \(Int(Double(runs) / elapsed)) a second")
      }
      if seconds > 0, elapsed >= seconds { break }
    }
    say("\(target.name): \(runs) runs, \(accepted) accepted, no trap")
    return 0
  }

  /// `explain TARGET|auto LIST FIRST`: the outcome of each file of a list, from one on.
  static func explain(_ arguments: [String]) -> Int32 {
    guard arguments.count == 3, let first = Int(arguments[2]),
      let list = try? String(contentsOfFile: arguments[1], encoding: .utf8)
    else { return 2 }
    let chosen = arguments[0] == "auto" ? nil : target(arguments[0])
    guard chosen != nil || arguments[0] == "auto" else { return 2 }
    for path in list.split(separator: "\n").dropFirst(first) {
      say(explanation(String(path), chosen))
    }
    return 0
  }

  private static func explanation(_ path: String, _ chosen: FuzzTarget?) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { return "- unreadable" }
    let file = Array(data)
    let found: (target: FuzzTarget, input: [UInt8])?
    if let chosen {
      found = (chosen, chosen.recognise(file) ?? file)
    } else {
      found = FuzzTargets.recognising(file)
    }
    guard let (target, input) = found else { return "- of no kind that is known here" }
    do throws(BrokenPromise) {
      return "\(target.name) \(try target.outcome(of: input).words)"
    } catch {
      return "\(target.name) broken promise: \(error.text)"
    }
  }
}

/// Prints a line at once, also into a pipe: what was said before a trap must have been heard.
func say(_ line: String) {
  print(line)
  fflush(nil)
}
