// Two users talk: aloud, by instant message, and by one that waits for the other to come back.

import { check, story } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users: [one, other] }) => {
    const ann = await Viewer.enter(grid, one, one.start);
    let ben = await Viewer.enter(grid, other, other.start);

    await ann.commands.comms.say('Hello, Ben! Grüß dich.');
    await Promise.all([ann.hears(ann, 'Hello, Ben! Grüß dich.'), ben.hears(ann, 'Hello, Ben! Grüß dich.')]);
    await ben.commands.comms.say('Hello, Ann!');
    await Promise.all([ann.hears(ben, 'Hello, Ann!'), ben.hears(ben, 'Hello, Ann!')]);

    await ann.commands.comms.sendInstantMessage(ben.id, 'A word with you?');
    await ben.reads(ann, 'A word with you?');
    await ben.commands.comms.sendInstantMessage(ann.id, 'Another day.');
    await ann.reads(ben, 'Another day.');

    await ben.leave();
    await ann.commands.comms.sendInstantMessage(ben.id, 'This can wait.');
    await ann.diary.expect('kept', (kept) => kept.from === ben.id);
    ben = await Viewer.enter(grid, other);
    ben.askForMessages();
    await ben.reads(ann, 'This can wait.');

    // What was delivered is not kept any longer.
    ben.askForMessages();
    await ann.commands.comms.sendInstantMessage(ben.id, 'Now you are back.');
    await ben.reads(ann, 'Now you are back.');
    await ben.leave();
    const again = await Viewer.enter(grid, other);
    again.askForMessages();
    await ann.commands.comms.sendInstantMessage(ben.id, 'And again.');
    await again.reads(ann, 'And again.');
    for (const { diary } of [ben, again]) {
        const copies = diary.since(0).filter(({ kind, text }) => kind === 'message' && text === 'This can wait.');
        check(copies.length === (diary === ben.diary ? 1 : 0), `the message was delivered ${copies.length} times in one login`);
    }
    await Promise.all([ann.leave(), again.leave()]);
});
