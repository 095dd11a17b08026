/** The data of server-sent events, one by one, read by hand: EventSource can't send the device's token. */
const BETWEEN = /\r\n\r\n|\n\n/;

export async function* messages(body: ReadableStream<Uint8Array>, onSign: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    onSign();
    const blocks = (rest + decoder.decode(part.value, { stream: true })).split(BETWEEN);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = dataOf(block);
      if (data) yield data;
    }
  }
}

/** Empty for a comment, which is but a sign of life. */
function dataOf(block: string): string {
  const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice("data:".length).trimStart()).join("\n");
}
