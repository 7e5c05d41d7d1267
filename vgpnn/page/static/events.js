// Gradio's client gives up its stream of events when the server says that none is left. An event that
// was sent at the same moment is never answered then: the page says that the connection errored out,
// and a run that goes on is no longer shown. Here such an end is left out as long as an event is under
// way, and the stream goes on with the next one. A stream that ends without a word would never be
// opened again: the client is told of it.
const CLOSED = 'closed', LEFT_OUT = 'left out', CUT = 'cut';  // how a stream has ended
const CLOSE = 'data: {"msg": "close_stream"}\n\n';
const MOST_OVER = 200;  // ids of events that were over before their sender knew them

const encoder = new TextEncoder();
const underWay = new Set();  // requests that send an event, and ids of events that are not over
const over = new Set();      // ids of events that are over

// The modules that the first events call import this one, so that no event goes unnoticed.
const fetch = window.fetch;
window.fetch = (address, options) => {
  const path = new URL(address?.url ?? address, document.baseURI).pathname;
  if (path.endsWith('/queue/join')) return sent(address, options);
  if (path.endsWith('/queue/data')) return heard(address, options);
  return fetch(address, options);
};

async function sent(address, options) {
  const request = {};
  underWay.add(request);
  try {
    const answer = await fetch(address, options);
    const {event_id: id} = answer.ok ? await answer.clone().json() : {};
    if (id && !over.delete(id)) underWay.add(id);
    return answer;
  } finally {
    underWay.delete(request);
  }
}

async function heard(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok || !answer.body) return answer;
  const body = new ReadableStream({
    async start(controller) {
      try {
        let end = await passOn(answer.body, controller);
        while (end === LEFT_OUT) {
          const next = await fetch(address, options);
          if (!next.ok) throw new Error(`The stream of events is refused with ${next.status}.`);
          end = await passOn(next.body, controller);
        }
        // What is under way is lost: the client loads the page again, which shows the run.
        if (end === CUT && underWay.size > 0) throw new Error('The stream of events has ended.');
        if (end === CUT) controller.enqueue(encoder.encode(CLOSE));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
  });
  const {status, headers} = answer;
  return new Response(body, {status, headers});
}

// Passes the messages of a stream on. Returns how it has ended. Its last message, that it is closed,
// waits until it has ended: the client breaks the connection off then, and a server that has still to
// end the stream would take it for a visitor who left, and forget the events of the page.
async function passOn(body, controller) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '', isClosed = false;
  for (;;) {
    const {done, value} = await reader.read();
    text += value ?? '';
    const messages = text.split('\n\n');
    text = messages.pop();
    for (const message of messages) {
      const {msg, event_id: id} = contentOf(message);
      if (msg === 'process_completed') note(id);
      isClosed = msg === 'close_stream';
      if (!isClosed) controller.enqueue(encoder.encode(`${message}\n\n`));
    }
    if (!done) continue;
    if (!isClosed) return CUT;
    if (underWay.size > 0) return LEFT_OUT;
    controller.enqueue(encoder.encode(CLOSE));
    return CLOSED;
  }
}

function contentOf(message) {
  try {
    return JSON.parse(message.slice(message.indexOf('data:') + 5));
  } catch {
    return {};
  }
}

// An event is over.
function note(id) {
  if (underWay.delete(id)) return;
  over.add(id);
  if (over.size > MOST_OVER) over.delete(over.values().next().value);
}
