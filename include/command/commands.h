/* SPDX-License-Identifier: MIT */
/* The commands, a file each. argv[0] is the name of the command. They return
 * the exit status; EX_USAGE makes setlink.c say how the command is called. */
#ifndef SETLINK_COMMAND_COMMANDS_H
#define SETLINK_COMMAND_COMMANDS_H

int command_backup(int argc, char **argv);
int command_check(int argc, char **argv);
int command_events(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_probe(int argc, char **argv);
int command_relink(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_sync(int argc, char **argv);
int command_tick(int argc, char **argv);
int command_token(int argc, char **argv);
int command_verify_draw(int argc, char **argv);

#endif
