import Builder
import Foundation
import ToolSetup
import ToolSupport

/// `mnos iso`.
enum ISOCommand {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    let grammar = Options.Grammar(
      flags: ["--yes"], values: ["--arch", "--bootloader", "--limine", "--output", "--options"],
      later: ["--add": "programs outside this tree"])
    let options = try Options(arguments, grammar: grammar)
    let architectures = try Workspace.architectures(options.value("--arch"))
    let output = options.value("--output") ?? "\(Workspace.root)/build"
    let maker = try ImageRequest(options)
    try Doctor.ensure(
      architectures: architectures.map(\.name), emulator: false,
      consent: Consent(saidYes: options.has("--yes")))
    try Files.makeFolder(output)
    for architecture in architectures {
      let path = "\(output)/mnos-\(architecture.name).iso"
      try maker.make(architecture, at: path)
      print(path)
    }
  }
}

/// What boot image a command wants.
struct ImageRequest {
  let bootloader: String
  let limine: String?
  var kernelOptions: String
  /// Folders laid over boot/initramfs.
  var additions: [String] = []
  /// As in `ImageInputs`.
  var replacements: [String: String] = [:]

  /// Reads `--bootloader`, `--limine` and `--options`.
  init(_ options: Options) throws(ToolFailure) {
    let choice = try options.choice("--bootloader", of: ["builtin", "limine"])
    limine = options.value("--limine")
    bootloader = choice ?? (limine == nil ? "builtin" : "limine")
    kernelOptions = options.value("--options") ?? ""
  }

  /// The built-in loader, with `kernelOptions` on the kernel's command line.
  init(kernelOptions: String = "") {
    bootloader = "builtin"
    limine = nil
    self.kernelOptions = kernelOptions
  }

  /// Builds everything for `architecture` and writes the image to `path`.
  func make(_ architecture: Architecture, at path: String) throws(ToolFailure) {
    let context = try Workspace.context(architecture)
    try Builder(context).build(.everything, additions: additions)
    let inputs = try ImageInputs(
      context, environment: ProcessInfo.processInfo.environment, kernelOptions: kernelOptions,
      replacements: replacements)
    try ISOMaker(context, bootloader: try loader(context), inputs: inputs).make(output: path)
  }

  private func loader(_ context: BuildContext) throws(ToolFailure) -> ISOMaker.Bootloader {
    guard bootloader == "limine" else { return .builtIn }
    if let folder = try Limine.folder(given: limine, root: context.root) {
      return .limine(folder: folder)
    }
    Report.notice("Limine could not be fetched: using the built-in loader (--limine DIR names one)")
    return .builtIn
  }
}
