import Libmnos

/// One tree of files: the boot archive at `/`, memory at `/tmp`. Serves "vfs".
@main struct VFS: Program {
  /// Pages of all files under `/tmp`, and how many files there can be.
  static var pageCapacity: Int { 2048 }
  static var nodeCapacity: Int { 4096 }

  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      let directory: SendEndpoint = try start.take(ShortName("directory"))
      let archive = RemoteFileSystem(Name("initramfs"), Client(directory))
      var tree = MountedFileSystem(root: archive)
      let temporary = MemoryFileSystem(
        pageCapacity: pageCapacity, nodeCapacity: nodeCapacity)
      let text: [UInt8] = [0x2f, 0x74, 0x6d, 0x70]  // "/tmp"
      guard let path = try? FilePath(resolving: text.span) else { throw .failed }
      tree.mount(temporary, at: path)
      try FileService.serve(tree, as: Name("vfs"), by: archive.directory, start)
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }
}
