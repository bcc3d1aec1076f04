"""Numbers as readers write them, and what they are told: Jupyter (test_question.py) and the page agree on each."""

READ = {
    "9.33": 9.33,
    " 28/3 ": 28 / 3,
    "933 %": 9.33,
    "+.5e1": 5,
    "−2": -2,
    "−1e−3": -0.001,
    # A comma parts thousands where it can, and is a decimal comma elsewhere.
    "20,160": 20160,
    "1,000": 1000,
    "1,234.5": 1234.5,
    "−20,160,000": -20160000,
    "20,160/4,032": 5,
    "1,000/2,5": 400,
    "0,5": 0.5,
    "0,500": 0.5,
    ",5": 0.5,
    "9,33": 9.33,
    "1,00": 1,
    "1,2345": 1.2345,
    "−1,5e3": -1500,
    "25,5 %": 0.255,
    "1,5/2,5": 0.6,
}
UNREADABLE = (
    "",
    "nine",
    "1//2",
    "1/0",
    "1/0,0",
    "0x10",
    "nan",
    "inf",
    "3 %%",
    "1,2,3",
    "1,000,5",
    "1.234,5",
    ",",
    "1,.5",
)

RIGHT, OTHERWISE = "Right.", "Not right. Quite another number"
PERCENTAGE = "Not right. This is the answer times 100. Did you give a percentage where a share is asked for?"
SHARE = "Not right. This is the answer divided by 100. Did you give a share where a percentage is asked for?"
THREE, ALL = "Not right. You are near: give three digits.", "Not right. You are near: give all digits."

# (the answer, its tolerance, what a reader writes): the reply
REPLIES = {
    (9.33, 0.02, "9.3"): RIGHT,
    (9.33, 0.02, "9,3"): RIGHT,
    (9.33, 0.02, "9"): OTHERWISE,  # right to one digit only
    (1.047, 0.02, "1.0"): THREE,
    (1.047, 0.02, "1.1"): OTHERWISE,
    (-1.047, 0.02, "−1.0"): THREE,
    (1.047, 0.02, "−1.0"): OTHERWISE,
    (1.05, 0.02, "1.1"): THREE,  # half of the second digit, and a little by rounding
    (0.0001234, 0.02, "1.2e-4"): THREE,
    (0.0001234, 0.02, "0.0001"): OTHERWISE,
    (1000, 0.02, "1050"): THREE,
    (1000, 0.02, "1051"): OTHERWISE,
    (20160, 0, "20,160"): RIGHT,
    (20160, 0, "20,200"): ALL,
    (20160, 0, "21,000"): OTHERWISE,
    (0.255, 0.02, "25,5 %"): RIGHT,
    (0.255, 0.02, "25.5"): PERCENTAGE,
    (0.255, 0.02, "−25.5"): OTHERWISE,
    (25.5, 0.02, "25.5"): RIGHT,
    (25.5, 0.02, "0.255"): SHARE,
    (25.5, 0.02, "25.5 %"): SHARE,
    (0, 0.02, "0"): RIGHT,
    (0, 0.02, "1"): OTHERWISE,
    (0, 0.02, "0.03"): OTHERWISE,
    (9.33, 0.02, "1e400"): OTHERWISE,
}
