/** The door: pairs this device with an event, reads codes from camera, handheld scanner and hand, and shows the answers. */
import { DoorApi } from "./door/api";
import { DoorPage, Session, show } from "./door/page";
import { Pairing } from "./door/pairing";
import { Store } from "./door/store";
import { say } from "./door/texts";
import { first } from "./lib/dom";

async function begin(door: HTMLElement, video: HTMLVideoElement): Promise<void> {
  const session = new Session();
  const api = new DoorApi(() => session.paired?.token);
  const pairing = new Pairing(api);
  const store = await Store.open().catch(() => undefined);
  if (store) return new DoorPage(session, api, store, pairing, video).open(Boolean(door.dataset["pairingCode"]));
  show("pair");
  pairing.problem(say("pair_storage"));
}

const door = first(".door", HTMLElement);
const video = first("[data-video]", HTMLVideoElement);
if (door && video) void begin(door, video);
