import Testing

@testable import ShellService

@Suite struct CommandParserTests {
  @Test(
    arguments: [
      ("", []), ("  ", []), (";;", []), ("ls", [["ls"]]), (" ls  -l\t/ ", [["ls", "-l", "/"]]),
      ("a;b ; c", [["a"], ["b"], ["c"]]), ("echo 'a  b;c'", [["echo", "a  b;c"]]),
      ("echo \"a\\\"b\" ''", [["echo", "a\"b", ""]]), ("echo a\\ b\\;c", [["echo", "a b;c"]]),
      ("echo x'y'\"z\"", [["echo", "xyz"]]), ("echo $? '$?' \"$?\"", [["echo", "7", "$?", "7"]]),
      ("echo '$a' $ \\$b 1$", [["echo", "$a", "$", "$b", "1$"]]),
      ("echo x$?y$?", [["echo", "x7y7"]]), ("echo a\\*b '*' \"|\"", [["echo", "a*b", "*", "|"]]),
      ("a&&b||c", [["a"], ["b"], ["c"]]), ("ls # all of it", [["ls"]]),
      ("echo a#b", [["echo", "a#b"]]),
    ] as [(String, [[String]])])
  func lineIsDividedIntoWords(line: String, words: [[String]]) throws {
    let commands = try CommandParser.parse(Array(line.utf8)).map { $0.expanded(with: 7) }

    #expect(commands.map { $0.words.map { String(decoding: $0, as: UTF8.self) } } == words)
  }

  @Test(arguments: [("echo a > f", false), ("echo a>f", false), ("echo a >> f", true)])
  func outputGoesToTheFileBehindTheArrow(line: String, appends: Bool) throws {
    let commands = try CommandParser.parse(Array(line.utf8))

    #expect(commands.count == 1)
    #expect(commands[0].words.count == 2)
    #expect(commands[0].output == OutputTarget(path: Array("f".utf8), appends: appends))
  }

  @Test func statusStandsInTheOutputsPathToo() throws {
    let commands = try CommandParser.parse(Array("echo $? b > /tmp/$?.$?".utf8))

    let command = commands[0].expanded(with: 130)

    #expect(command.words == [Array("echo".utf8), Array("130".utf8), Array("b".utf8)])
    #expect(command.output?.path == Array("/tmp/130.130".utf8))
  }

  @Test(arguments: [("echo 2 > f", "2"), ("echo '2'> f", "2"), ("echo a2> f", "a2")])
  func wordBeforeAnArrowIsKept(line: String, word: String) throws {
    let commands = try CommandParser.parse(Array(line.utf8))

    #expect(commands[0].words.last == Array(word.utf8))
  }

  @Test func quotedArrowIsText() throws {
    let commands = try CommandParser.parse(Array("echo 'a > b'".utf8))

    #expect(commands[0].output == nil)
  }

  @Test(arguments: ["echo 'a", "echo \"a", "echo \"a\\"])
  func quoteWithoutEndIsRefused(line: String) {
    #expect(throws: ParseFailure.unfinishedQuote) { try CommandParser.parse(Array(line.utf8)) }
  }

  @Test(arguments: ["echo >", "echo > ; ls", "echo > > f"])
  func arrowWithoutFileIsRefused(line: String) {
    #expect(throws: ParseFailure.missingFile) { try CommandParser.parse(Array(line.utf8)) }
  }
}
