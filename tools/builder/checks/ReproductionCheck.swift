import Foundation
import ToolSupport

/// Makes an image a second time, in another folder and from copies of what was built.
public struct ReproductionCheck: Sendable {
  private let context: BuildContext
  private let programs: [ProgramSpec]

  /// - Parameter builder: Has built everything.
  public init(_ builder: Builder) {
    context = builder.context
    programs = builder.programs
  }

  /// - Returns: Whether both images are the same, byte for byte.
  public func givesTheSameBytes() throws(ToolFailure) -> Bool {
    let copy = BuildContext(
      root: "\(context.root)/\(context.folder)/another folder", architecture: context.architecture,
      configuration: context.configuration, toolchain: context.toolchain)
    try copyInputs(to: copy)
    return try image(in: context) == image(in: copy)
  }

  /// - Returns: The first built file that holds the name of the folder in which it was built.
  public func fileThatNamesTheFolder() throws(ToolFailure) -> String? {
    let files =
      [context.kernelPath, context.loaderPath] + programs.map { context.programPath($0.name) }
    let name = Data(context.root.utf8)
    for file in files {
      let bytes = Data(try Files.bytes(of: "\(context.root)/\(file)"))
      if bytes.range(of: name) != nil { return file }
    }
    return nil
  }

  private func copyInputs(to copy: BuildContext) throws(ToolFailure) {
    // An earlier check may have left its copies.
    try Files.makeEmptyFolder(copy.root)
    try Files.makeFolder("\(copy.root)/\(copy.folder)")
    try Files.makeFolder("\(copy.root)/boot")
    for folder in [context.loaderPath, context.programPath("init")].map(\.parentFolder) {
      try Files.makeFolder("\(copy.root)/\(folder)")
    }
    let built = [context.bootKernelPath, context.loaderPath]
    for path in built + programs.map({ context.programPath($0.name) })
      + ["boot/limine.conf", "boot/initramfs"]
    {
      try Files.copy("\(context.root)/\(path)", to: "\(copy.root)/\(path)")
    }
  }

  private func image(in context: BuildContext) throws(ToolFailure) -> [UInt8] {
    try InitramfsMaker(context: context, programs: programs, additions: []).make()
    let path = "\(context.root)/\(context.folder)/reproduced.iso"
    let inputs = try ImageInputs(context, environment: [:])
    try ISOMaker(context, bootloader: .builtIn, inputs: inputs).make(output: path)
    return try Files.bytes(of: path)
  }
}
