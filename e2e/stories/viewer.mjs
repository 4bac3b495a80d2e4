// A viewer is one login of a user with the library, from the login to the end, and a diary of what it showed.

import metaverse from '@caspertech/node-metaverse';
import messageIDs from '@caspertech/node-metaverse/dist/lib/enums/Message.js';
import retrieve from '@caspertech/node-metaverse/dist/lib/classes/messages/RetrieveInstantMessages.js';
import { Diary } from './diary.mjs';

const { Bot, BotOptionFlags, ControlFlags, InstantMessageEventFlags, LoginParameters, PacketFlags, PCode } = metaverse;
const { Message } = messageIDs;

// A key that is held down is sent this often, in milliseconds: viewers send ten updates a second.
const keyRepeat = 100;

// Slower than this, in metres per second, is standing still.
const still = 0.05;

export class Viewer {
    // enter logs a user in, at the first attempt or not at all, and gives his viewer when it shows his own
    // avatar.
    static async enter(grid, user, start = 'last') {
        const viewer = new Viewer(grid, user, start);
        await viewer.#enter();
        return viewer;
    }

    constructor(grid, user, start) {
        this.name = `${user.first} ${user.last}`;
        this.diary = new Diary(this.name);
        const login = new LoginParameters();
        login.url = grid;
        login.firstName = user.first;
        login.lastName = user.last;
        login.password = user.password;
        login.start = start;
        this.bot = new Bot(login, BotOptionFlags.None);
        this.#watchEvents(this.bot.clientEvents);
    }

    async #enter() {
        const answer = await this.bot.login();
        this.id = answer.agent.agentID.toString();
        this.friends = answer.agent.buddyList.map((friend) => friend.buddyID.toString());
        this.region = this.bot.currentRegion;
        this.#watchCircuit(this.region.circuit);
        await this.bot.connectToSim();
        await this.commands.region.waitForHandshake();
        await this.sees(this);
        this.landing = (await this.diary.expect('landed')).position;
    }

    get commands() {
        return this.bot.clientCommands;
    }

    // leave logs out. It fails without a LogoutReply, and when the event queue is not there to be closed.
    async leave() {
        const since = this.diary.now;
        await Promise.all([this.bot.close(), this.diary.expect('queue', (queue) => !queue.active, { since })]);
    }

    // thrownOut waits until the grid ends the session, and gives the reason that the user is shown.
    async thrownOut(options) {
        const end = await this.diary.expect('disconnected', (end) => !end.requested, options);
        await this.diary.expect('queue', (queue) => !queue.active);
        return end.message;
    }

    // sees waits for another's avatar to appear.
    async sees(other, options) {
        return this.diary.expect('seen', (seen) => seen.id === other.id, options);
    }

    // misses waits for another's avatar to disappear.
    async misses(other, options) {
        return this.diary.expect('gone', (gone) => gone.id === other.id, options);
    }

    // moves waits until an avatar is shown to move in a way that fits, from now on.
    async moves(other, fits, options) {
        return this.diary.expect('moved', (moved) => moved.id === other.id && fits(moved), { since: this.diary.now, ...options });
    }

    // hears waits for something said aloud.
    async hears(other, text, options) {
        return this.diary.expect('chat', (chat) => chat.from === other.id && chat.text === text, options);
    }

    // reads waits for an instant message.
    async reads(other, text, options) {
        return this.diary.expect('message', (message) => message.from === other.id && message.text === text, options);
    }

    // walkUntil holds the forward key down until a promise is kept, lets it go, and gives the place where
    // the avatar has come to rest. The library forgets the key whenever it is shown the walk's animation, so
    // it is pressed again and again.
    async walkUntil(kept) {
        const { agent } = this.bot;
        const press = setInterval(() => {
            agent.setControlFlag(ControlFlags.AGENT_CONTROL_AT_POS);
            agent.sendAgentUpdate();
        }, keyRepeat);
        try {
            await kept;
        } finally {
            clearInterval(press);
        }
        agent.controlFlags = ControlFlags.NONE;
        agent.sendAgentUpdate();
        const rest = await this.moves(this, (moved) => moved.speed < still, { since: this.#lastShown });
        return rest.position;
    }

    // walk goes so many metres or a little further, and gives the place where the avatar has come to rest.
    async walk(metres) {
        const from = this.place;
        return this.walkUntil(this.moves(this, ({ position }) => distance(position, from) >= metres));
    }

    // askForMessages asks for what was kept while the user was away, as viewers do when they have arrived.
    askForMessages() {
        const ask = new retrieve.RetrieveInstantMessagesMessage();
        ask.AgentData = { AgentID: this.bot.agentID(), SessionID: this.region.circuit.sessionID };
        this.region.circuit.sendMessage(ask, PacketFlags.Reliable);
    }

    #watchEvents(events) {
        const note = this.diary.note.bind(this.diary);
        events.onNewObjectEvent.subscribe(({ object }) => this.#avatar('seen', object));
        events.onObjectUpdatedEvent.subscribe(({ object }) => this.#avatar('moved', object));
        events.onObjectUpdatedTerseEvent.subscribe(({ object }) => this.#avatar('moved', object));
        events.onNearbyChat.subscribe((chat) => note('chat', { from: chat.from.toString(), text: chat.message }));
        events.onInstantMessage.subscribe((message) => {
            if (message.flags === InstantMessageEventFlags.normal) {
                note('message', { from: message.from.toString(), text: message.message });
            } else if (message.flags === InstantMessageEventFlags.busyResponse) {
                note('kept', { from: message.from.toString(), text: message.message });
            }
        });
        events.onFriendRequest.subscribe((offer) => note('offer', { from: offer.from.toString(), text: offer.message, offer }));
        events.onFriendResponse.subscribe((answer) => note('answer', { from: answer.from.toString(), accepted: answer.accepted }));
        events.onEventQueueStateChange.subscribe(({ active }) => note('queue', { active }));
        events.onDisconnected.subscribe(({ requested, message }) => note('disconnected', { requested, message }));
    }

    // What the library has no event for, or one that it never fires.
    #watchCircuit(circuit) {
        const note = this.diary.note.bind(this.diary);
        circuit.subscribeToMessages([
            Message.AgentMovementComplete, Message.KillObject, Message.OnlineNotification, Message.OfflineNotification,
        ], ({ message }) => {
            switch (message.id) {
                case Message.AgentMovementComplete:
                    note('landed', { position: place(message.Data.Position) });
                    break;
                case Message.KillObject:
                    for (const { ID } of message.ObjectData) {
                        note('gone', { id: this.#avatars.get(ID) });
                        this.#avatars.delete(ID);
                    }
                    break;
                case Message.OnlineNotification:
                    message.AgentBlock.forEach(({ AgentID }) => note('online', { id: AgentID.toString() }));
                    break;
                case Message.OfflineNotification:
                    message.AgentBlock.forEach(({ AgentID }) => note('offline', { id: AgentID.toString() }));
                    break;
            }
        });
    }

    // The ids of the users whose avatars are shown, by the avatars' local ids.
    #avatars = new Map();

    // Where the diary has the own avatar last.
    #lastShown = 0;

    #avatar(kind, object) {
        if (object.PCode !== PCode.Avatar) {
            return;
        }
        const id = object.FullID.toString();
        this.#avatars.set(object.ID, id);
        if (id === this.id) {
            this.place = place(object.Position);
            this.#lastShown = this.diary.now;
        }
        this.diary.note(kind, { id, position: place(object.Position), speed: object.Velocity?.length() ?? 0 });
    }
}

// distance is how far two places are from each other over the ground, in metres.
export function distance(a, b) {
    return Math.hypot(a.x - b.x, a.y - b.y);
}

function place({ x, y, z }) {
    return { x, y, z };
}
