/// Why a file is not a program that may be started.
///
/// All of them are the file's fault; a loader answers `badArgument` and has changed
/// nothing.
public enum ProgramImageError: UInt8, Error, Sendable {
  /// Shorter than an ELF header.
  case truncatedHeader = 1
  case wrongMagic = 2
  /// Not of the 64-bit class.
  case wrongClass = 3
  /// Not little endian.
  case wrongByteOrder = 4
  /// A version other than 1, or one for another operating system.
  case wrongVersion = 5
  /// Not position independent (`ET_DYN`).
  case wrongType = 6
  /// For another CPU.
  case wrongMachine = 7
  /// A header or program header of another byte count than ELF64 has.
  case wrongHeaderSize = 8
  /// No program header, or more than a loader could be asked to read.
  case wrongHeaderCount = 9
  /// Program headers that do not lie behind the header and inside the file.
  case headersOutsideFile = 10
  /// A segment whose bytes are not all in the file.
  case segmentOutsideFile = 11
  /// More bytes in the file than in memory.
  case fileLargerThanMemory = 12
  /// An address range that wraps, or ends past the limit that the loader set.
  case segmentOutOfRange = 13
  /// An alignment that is no power of two, or that address and offset do not share.
  case wrongAlignment = 14
  /// Segments that are not in ascending order.
  case unorderedSegments = 15
  case overlappingSegments = 16
  /// Two segments in one page.
  case sharedPage = 17
  case writableAndExecutable = 18
  /// Rights that cannot be given: undefined ones, or none to read.
  case wrongRights = 19
  /// More loadable segments than `ProgramImage.maximumSegmentCount`.
  case tooManySegments = 20
  /// Nothing to load.
  case noSegments = 21
  case executableStack = 22
  /// Asks for an interpreter: not a static program.
  case needsInterpreter = 23
  case needsThreadLocalStorage = 24
  /// An entry point outside executable bytes, or misaligned.
  case wrongEntry = 25

  /// The same in words, for a log.
  public var reason: StaticString {
    switch self {
    case .truncatedHeader: "too short for an ELF header"
    case .wrongMagic: "not an ELF file"
    case .wrongClass: "not a 64-bit ELF file"
    case .wrongByteOrder: "not little endian"
    case .wrongVersion: "of an unknown ELF version"
    case .wrongType: "not position independent"
    case .wrongMachine: "for another CPU"
    case .wrongHeaderSize: "header size wrong"
    case .wrongHeaderCount: "program header count wrong"
    case .headersOutsideFile: "program headers outside the file"
    case .segmentOutsideFile: "segment outside the file"
    case .fileLargerThanMemory: "segment larger in the file than in memory"
    case .segmentOutOfRange: "segment address out of range"
    case .wrongAlignment: "segment alignment wrong"
    case .unorderedSegments: "segments not in ascending order"
    case .overlappingSegments: "segments overlap"
    case .sharedPage: "two segments share a page"
    case .writableAndExecutable: "segment both writable and executable"
    case .wrongRights: "segment rights wrong"
    case .tooManySegments: "too many segments"
    case .noSegments: "no segment to load"
    case .executableStack: "asks for an executable stack"
    case .needsInterpreter: "asks for an interpreter"
    case .needsThreadLocalStorage: "asks for thread-local storage"
    case .wrongEntry: "entry point not in executable bytes"
    }
  }
}
