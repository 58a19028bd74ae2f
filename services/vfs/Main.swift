import Libmnos

/// One tree of files: the boot archive at `/`, memory at `/tmp`. Serves "vfs".
@main struct VFS: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      let directory: SendEndpoint = try start.take(ShortName("directory"))
      let archive = RemoteFileSystem(Name("initramfs"), Client(directory))
      var tree = MountedFileSystem(root: archive)
      let room = TemporaryRoom(memory: try start.budget.usage().freeMemory)
      let temporary = MemoryFileSystem(
        pageCapacity: room.pageCapacity, nodeCapacity: room.nodeCapacity)
      var text: [UInt8] = []
      text.write("/tmp")
      guard let path = try? FilePath(resolving: text.span) else { throw .failed }
      tree.mount(temporary, at: path)
      try FileService.serve(tree, as: Name("vfs"), by: archive.directory, &start)
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }
}
