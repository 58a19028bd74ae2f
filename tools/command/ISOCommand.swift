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
    let lacking = try Doctor.ensureEach(
      architectures.map(\.name), emulator: false,
      consent: Consent(saidYes: options.has("--yes")))
    try Files.makeFolder(output)
    var paths: [String] = []
    let outcome = Workspace.each(architectures, lacking: lacking) {
      (architecture) throws(ToolFailure) in
      let path = "\(output)/mnos-\(architecture.name).iso"
      let result = try maker.make(architecture, at: path)
      print(path)
      paths += StickAdvice.lines(for: architecture, path: path, start: result)
    }
    for line in paths { Report.progress(line) }
    try outcome.get()
  }
}

/// How a finished image is put on a stick, and what starts it from there.
enum StickAdvice {
  static func lines(
    for architecture: Architecture, path: String, start: ISOMaker.Start
  ) -> [String] {
    let modes: String
    switch start {
    case _ where !architecture.hasBIOS: modes = "starts by UEFI, as a CD or from a stick or disk"
    case .uefiOnly:
      modes =
        "starts by UEFI, as a CD or from a stick or disk; for BIOS make it with "
        + "--bootloader limine"
    case .uefiAndBIOSCD:
      modes =
        "starts by UEFI, as a CD or from a stick or disk; by BIOS as a CD, and from a "
        + "stick after 'limine bios-install' on it"
    case .uefiAndBIOS: modes = "starts by UEFI and by BIOS, as a CD or from a stick or disk"
    }
    return [
      "\(architecture.name): \(modes)",
      "  to a stick: sudo dd if=\(path) of=/dev/sdX bs=4M conv=fsync "
        + "(/dev/sdX is the whole stick; all on it is lost)",
    ]
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
  /// Programs in the places of others, by name.
  var standIns: [String: String] = [:]
  /// How many compilers run at a time; nil for as many as there are cores.
  var workerCount: Int?

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

  /// Limine from the folder of its binaries.
  init(limine folder: String) {
    bootloader = "limine"
    limine = folder
    kernelOptions = ""
  }

  /// Builds everything for `architecture` and writes the image to `path`.
  ///
  /// - Returns: What starts the image.
  @discardableResult
  func make(
    _ architecture: Architecture, at path: String
  ) throws(ToolFailure) -> ISOMaker.Start {
    let context = try Workspace.context(architecture)
    // What is wrong with the loader is known before minutes of building.
    let loader = try loader(context)
    return try FolderLock.holding("\(context.root)/\(context.folder)") {
      () throws(ToolFailure) in
      let builder = Builder(context, workerCount: workerCount ?? StepRunner.defaultWorkerCount)
      try builder.build(.everything, additions: additions, standIns: standIns)
      let inputs = try ImageInputs(
        context, environment: ProcessInfo.processInfo.environment, kernelOptions: kernelOptions,
        replacements: replacements)
      return try ISOMaker(context, bootloader: loader, inputs: inputs).make(output: path)
    }
  }

  private func loader(_ context: BuildContext) throws(ToolFailure) -> ISOMaker.Bootloader {
    guard bootloader == "limine" else { return .builtIn }
    if let folder = try Limine.folder(given: limine, root: context.root) {
      _ = try LimineRelease(folder: folder, for: context.architecture)
      return .limine(folder: folder)
    }
    Report.notice("Limine could not be fetched: using the built-in loader (--limine DIR names one)")
    return .builtIn
  }
}
