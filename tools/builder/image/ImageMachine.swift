import Foundation
import ToolSupport

/// Tells for which architecture an image is, by the programs in it.
public enum ImageMachine {
  /// How much of an image is looked at: kernel and `init` lie in the first few MiB.
  private static let searchedByteCount = 64 << 20
  /// The least that a file begins on in an ISO, a FAT file system and a tar archive.
  private static let sectorByteCount = 512

  /// The architecture of the first ELF program in the image at `path`.
  ///
  /// - Returns: nil if there is none of an architecture that is known.
  public static func architecture(of path: String) throws(ToolFailure) -> Architecture? {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw ToolFailure("could not read \(path): \((error as NSError).localizedDescription)")
    }
    return architecture(of: data.prefix(searchedByteCount))
  }

  /// As above, in the bytes of an image.
  static func architecture(of image: Data) -> Architecture? {
    for start in stride(from: image.startIndex, to: image.endIndex - 20, by: sectorByteCount) {
      // A program or shared object of 64 bits, little-endian. Source: ELF gABI, ELF header.
      guard image[start] == 0x7f,
        image[start..<start + 6].elementsEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1])
      else { continue }
      let type = UInt16(image[start + 16]) | UInt16(image[start + 17]) << 8
      let machine = UInt16(image[start + 18]) | UInt16(image[start + 19]) << 8
      guard type == 2 || type == 3 else { continue }
      if let found = Architecture.all.first(where: { $0.elfMachine == machine }) { return found }
    }
    return nil
  }

  /// Refuses an image that is for another architecture than `wanted`.
  public static func check(_ path: String, isFor wanted: Architecture) throws(ToolFailure) {
    guard Files.exists(path) else {
      throw ToolFailure("\(path): no such image; 'tools/mnos iso' makes one")
    }
    guard let found = try architecture(of: path), found.name != wanted.name else { return }
    throw ToolFailure(
      "\(path) is an image for \(found.name), and cannot start on \(wanted.name): use "
        + "--arch \(found.name)")
  }
}
