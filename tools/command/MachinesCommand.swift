import Machine
import ToolSupport

/// `mnos machines`.
enum MachinesCommand {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    let options = try Options(arguments, grammar: Options.Grammar(values: ["--arch"]))
    let architectures = try Workspace.architectures(options.value("--arch") ?? "all")
    for line in try table(architectures.map(\.name)) { print(line) }
  }

  /// A Markdown table of every machine of `architectures`, with what boots it.
  static func table(_ architectures: [String]) throws(ToolFailure) -> [String] {
    var lines = [
      "| architecture | machine | board | CPU | CPUs | memory | firmware | drive | shows |",
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for architecture in architectures {
      for machine in try Board.of(architecture).machines {
        let cells = [
          architecture, machine.name, machine.board, machine.processor, "\(machine.cpuCount)",
          machine.memory, machine.firmware.rawValue, machine.attachment.rawValue,
          machine.shows.map(\.rawValue).joined(separator: ", "),
        ]
        lines.append("| " + cells.joined(separator: " | ") + " |")
      }
    }
    return lines
  }
}
