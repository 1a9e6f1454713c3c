import own_folder


def test_the_commands_are_those_of_the_readme_each_a_line() -> None:
    install, inspect, train, report = own_folder._commands()
    assert install == 'pip install -e ".[train]"'
    for command, name in ((inspect, "inspect"), (train, "train"), (report, "report")):
        assert command.startswith(f"python -m famus_ext {name} ")
        assert "\\" not in command
