/** The door: pairs this device with an event, reads codes from camera, handheld scanner and hand, and shows the answers. */
import { DoorApi } from "./door/api";
import { Clock } from "./door/clock";
import { DoorPage, Session, show } from "./door/page";
import { Pairing } from "./door/pairing";
import { Store } from "./door/store";
import { say } from "./door/texts";
import { Vault } from "./door/vault";
import { registerWorker } from "./door/worker";
import { first } from "./lib/dom";

async function begin(door: HTMLElement, video: HTMLVideoElement): Promise<void> {
  const session = new Session();
  const api = new DoorApi(() => session.paired?.token);
  const pairing = new Pairing(api);
  const store = await Store.open().catch(() => undefined);
  if (!store) {
    show("pair");
    return pairing.problem(say("pair_storage"));
  }
  const clock = new Clock(store);
  await clock.load();
  const ground = { session, api, store, vault: await Vault.open(store), clock, pairing };
  return new DoorPage(ground, video).open(Boolean(door.dataset["pairingCode"]));
}

const door = first(".door", HTMLElement);
const video = first("[data-video]", HTMLVideoElement);
if (door && video) {
  void registerWorker();
  void begin(door, video);
}
